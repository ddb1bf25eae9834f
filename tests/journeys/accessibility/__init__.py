"""WCAG 2.2 AA in the browser: every page in every state, every refused form, the focus, the dark, the paper.

walking.py goes from page to page and looks at each; addresses.py knows which there are.
"""
