"""操作マニュアル: three guides, for hospitals, officers and operators, and which page is explained where.

`parts.py` says what a guide, a chapter and a section are; `hospital.py`, `office.py`, `operation.py` hold the tables;
`shelf.py` finds what explains a page. A chapter is written in `templates/portal/guide/<guide>/<chapter>.html`.
"""
