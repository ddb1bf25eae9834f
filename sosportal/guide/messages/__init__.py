"""メッセージ一覧: what each refusal and each finding of the system check means, and what to do.

The sentences come from the code that says them: an entry names the refusals and rules it explains and, for sentences of
forms, their words. `common.py` holds what everybody meets, `hospital.py` what hospitals, `office.py` what officers do.
"""
