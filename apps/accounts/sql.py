"""The statements of signing in that the ORM cannot say."""

# Remember a failure before the password is checked; answers a row when it is not remembered already.
REMEMBER_FAILURE = """
INSERT INTO accounts_failure AS f (network, login, fingerprint, at)
VALUES (%(network)s, %(login)s, %(fingerprint)s, now())
ON CONFLICT (network, login, fingerprint) DO UPDATE SET at = now()
  WHERE f.at <= now() - %(window)s::interval
RETURNING id
"""

# How many different mistakes a network has made of late: with this login, and with any; and their first.
COUNT_FAILURES = """
SELECT count(*) FILTER (WHERE login = %(login)s),
       count(*),
       extract(epoch FROM now() - min(at) FILTER (WHERE login = %(login)s))::float8,
       extract(epoch FROM now() - min(at))::float8
FROM accounts_failure
WHERE network = %(network)s AND at > now() - %(window)s::interval
"""

# The password was right, or nobody was let try it: it was no failure.
FORGET_FAILURE = """
DELETE FROM accounts_failure
WHERE network = %(network)s AND login = %(login)s AND fingerprint = %(fingerprint)s
"""

# What counts at present: mistakes, networks that made them, and networks that have to wait for an account or all.
RECENT_FAILURES = """
SELECT coalesce(sum(n), 0)::int, count(*)::int,
       count(*) FILTER (WHERE most >= %(of_account)s OR n >= %(of_network)s)::int
FROM (
  SELECT network, sum(n) AS n, max(n) AS most
  FROM (SELECT network, login, count(*) AS n FROM accounts_failure
        WHERE at > now() - %(window)s::interval GROUP BY network, login) AS by_account
  GROUP BY network
) AS by_network
"""

# Failures too old to count, a few at a time.
FORGET_EXPIRED = """
DELETE FROM accounts_failure WHERE id IN (
  SELECT id FROM accounts_failure WHERE at <= now() - %(window)s::interval ORDER BY at LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED
)
"""

# Which second factors a user has: a confirmed app, a passkey, a recovery code that is left.
FACTORS = """
SELECT EXISTS (SELECT FROM accounts_totp WHERE user_id = %(user)s AND confirmed_at IS NOT NULL),
       EXISTS (SELECT FROM accounts_passkey WHERE user_id = %(user)s),
       EXISTS (SELECT FROM accounts_recoverycode WHERE user_id = %(user)s AND used_at IS NULL)
"""
