"""変更履歴: who changed what, when, from what to what; for officers and operators, each in their scope."""
