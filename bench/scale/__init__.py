"""A made-up country at any size, for measuring: `python -m bench.scale --requests 1000000 --institutions 200000`.

Options of the command line:

    --directory DIR       where the database stands (.local/scale/<requests>); begun anew unless --keep
    --requests N          緊急配布要請 in all four statuses, spread over two years (10,000)
    --institutions N      institutions in the 47 prefectures, unequal as the people are (a fifth of the requests)
    --waiting X           how many are 都道府県・国確認中: a share (0.1: grows with the total) or, from 1 on, a number
    --keep                leave a database that is there as it is, and only start it
    --hold                print the URLs of the roles and keep the server running until Ctrl-C

From Python, with Django set up on it under the run-time role: `with bench.scale.country(directory) as server: …`.
Users: `ministry`, `operator`, `officer-01` to `officer-47`, and `staff-<n>` of the institution with the id <n>; none
has a password: log in with `django.test.Client().force_login(user)`.
"""

from bench.scale.country import build, country
from bench.scale.filling import Size, fill

__all__ = ["Size", "build", "country", "fill"]
