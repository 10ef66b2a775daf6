"""Statements about policies of other domains."""

# What is kept about a domain. Noting that it was asked for is left to MTA_STS_USED, once a day.
MTA_STS_READ = """
SELECT policy_id, mode, hosts, max_age, fetched_at, expires_at, tried_at, tried_id, result, problem,
       used_at < now() - interval '1 day'
  FROM domains_mtastspolicy WHERE domain = %s
"""

# Keep a policy that was fetched.
MTA_STS_KEEP = """
INSERT INTO domains_mtastspolicy
       (domain, policy_id, mode, hosts, max_age, fetched_at, expires_at, tried_at, tried_id, result, problem, used_at)
VALUES (%(domain)s, %(policy_id)s, %(mode)s, %(hosts)s, %(max_age)s, %(now)s, %(expires)s, %(now)s, %(policy_id)s,
        '', '', %(now)s)
    ON CONFLICT (domain) DO UPDATE
   SET policy_id = excluded.policy_id, mode = excluded.mode, hosts = excluded.hosts, max_age = excluded.max_age,
       fetched_at = excluded.fetched_at, expires_at = excluded.expires_at, tried_at = excluded.tried_at,
       tried_id = excluded.tried_id, result = '', problem = ''
"""

# Keep that none could be had; what is known stays.
MTA_STS_FAILED = """
INSERT INTO domains_mtastspolicy
       (domain, policy_id, mode, hosts, max_age, tried_at, tried_id, result, problem, used_at)
VALUES (%(domain)s, '', '', '{}', 0, %(now)s, %(policy_id)s, %(result)s, %(problem)s, %(now)s)
    ON CONFLICT (domain) DO UPDATE
   SET tried_at = excluded.tried_at, tried_id = excluded.tried_id, result = excluded.result,
       problem = excluded.problem
"""

# Somebody writes to the domain still.
MTA_STS_USED = "UPDATE domains_mtastspolicy SET used_at = %s WHERE domain = %s"

# Policies to look at again before they expire: once a day, or twice in their life where that is shorter. And those that
# could not be had while mail waited, for a host may be slow.
MTA_STS_STALE = """
SELECT domain FROM domains_mtastspolicy
 WHERE (expires_at > %(now)s AND used_at > %(now)s - interval '30 days'
   AND fetched_at < %(now)s - least(interval '1 day', make_interval(secs => max_age / 2.0))
   AND tried_at < %(now)s - least(interval '1 hour', make_interval(secs => max_age / 8.0)))
    OR (expires_at IS NULL AND used_at > %(now)s - interval '2 days' AND tried_at < %(now)s - interval '1 hour')
 ORDER BY expires_at LIMIT %(limit)s
"""

# Forget what has expired, or never was.
MTA_STS_FORGET = """
DELETE FROM domains_mtastspolicy
 WHERE coalesce(expires_at, tried_at) < %(now)s - interval '1 day' AND tried_at < %(now)s - interval '1 day'
"""
