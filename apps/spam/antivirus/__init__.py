"""A virus scanner is asked about mail: ClamAV, by clamd's protocol, where MAIL_CLAMD names it."""
