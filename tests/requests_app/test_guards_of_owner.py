"""What not even the owner of the tables can do by accident."""

import psycopg
import pytest
from psycopg import sql

from requests_app.models import RequestEvent, RuleSettings, SosRequest
from surveys.models import StockAnswer, SurveyEvent, SurveyResponse, SurveyRound
from tests.support import database

KEPT = [RequestEvent, RuleSettings, SosRequest, StockAnswer, SurveyEvent, SurveyResponse, SurveyRound]


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("model", KEPT)
def test_no_record_is_emptied_as_a_whole(model: type) -> None:
    table = sql.Identifier(model._meta.db_table)  # type: ignore[attr-defined]
    with psycopg.connect(database.admin_url_of_test_database()) as owner:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(table))
        owner.rollback()
