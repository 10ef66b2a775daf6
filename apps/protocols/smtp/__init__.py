"""SMTP replies, delivery reports and envelopes, without input or output."""
