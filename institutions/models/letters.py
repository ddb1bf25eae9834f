"""Search by any part of a name from an index over its letters and its pairs of neighbouring ones (migration 0007)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Contains, PostgresOperatorLookup


class NameGrams(Func):
    """The letters of a search key, and its pairs of neighbouring letters."""

    function = "name_grams"
    output_field = ArrayField(models.TextField())


class LettersContain(PostgresOperatorLookup):
    """Whether an array of letters holds all of another."""

    postgres_operator = "@>"


class PersonKey(Func):
    """A person's name or account as it is searched for, to the letter as the indexes of migration 0010 have it."""

    template = "replace(lower(normalize(%(expressions)s, NFKC)), ' ', '')"
    output_field = models.TextField()


def containing(key: str, *expressions: F | Func) -> Q:
    """Rows of which one of the expressions, search keys, contains `key`, from the indexes over their letters.

    All the letters first, then all the words: so the letters, which are dear to work out, are the indexes' alone.
    """
    grams = Value([key[n : n + 2] for n in range(len(key) - 1)] or [key], ArrayField(models.TextField()))
    letters, words = Q(), Q()
    for expression in expressions:
        letters |= Q(LettersContain(NameGrams(expression), grams))
        words |= Q(Contains(expression, key))
    return letters & words
