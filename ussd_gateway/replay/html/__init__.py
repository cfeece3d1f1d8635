"""The report as one HTML file: for a browser, a printer, an attachment; it asks nobody for anything.

    Verdict -> overview, latencies, runs as phones, menus as maps -> page

No script runs in it and no address is in it; its policy forbids both (CSP).  Every text is escaped where it
is put in: the pieces are made by `markup.tag`, which takes nothing else for markup.
"""

from ussd_gateway.replay.html.page import Section, to_html

__all__ = ["Section", "to_html"]
