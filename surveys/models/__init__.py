"""Tables of the surveys app."""

from surveys.models.item import Item
from surveys.models.response import Figures, StockAnswer, SurveyEvent, SurveyResponse
from surveys.models.round import SurveyRound

__all__ = ["Figures", "Item", "StockAnswer", "SurveyEvent", "SurveyResponse", "SurveyRound"]
