"""WCAG 2.2 AA in the browser: every page and its states, every refused form, the ring of the focus, what is printed.

walking.py goes from page to page and looks at each; addresses.py knows which there are; refusing.py has every form.
crawling.py follows the links of a page, stages.py lays the states that test_every_state.py walks through.
"""
