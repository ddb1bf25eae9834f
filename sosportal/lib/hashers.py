"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PortalArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: the smallest setting OWASP's cheat sheet names for Argon2id.

    Django's own default takes 100 MiB and eight lanes, which a burst of log-ins on a Wednesday would not survive.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
