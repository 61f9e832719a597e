"""Texts that would break out of where they stand, if a page let them."""

from __future__ import annotations

import funnelsim as fs

HARMLESS = "harmless"

HOSTILE = (
    "<script>document.title='broken'</script>",
    "</script><script>fetch('https://example.invalid/')</script>",
    "<img src=x onerror=document.title='broken'>",
    "<svg onload=document.title='broken'>",
    "</svg><b>bold</b>",
    "</title><i>out of the title</i>",
    "</style><b>out of the style</b>",
    "</td></tr></table><p>out of the table",
    "</p></section></main><h1>out of the page",
    "<iframe src='https://example.invalid/'></iframe>",
    "<object data='x'></object>",
    "<link rel=stylesheet href='https://example.invalid/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://example.invalid/'>",
    "<base href='https://example.invalid/'>",
    "<form action='https://example.invalid/'><input name=x>",
    "<a href='javascript:document.title=1'>link</a>",
    "<style>*{display:none}</style>",
    "<!-- a comment",
    "--><b>out of a comment</b>",
    "--!><b>out of a comment</b>",
    "<![CDATA[<b>bold</b>]]>",
    "]]><b>bold</b>",
    "<?xml version='1.0'?><b>bold</b>",
    "<!DOCTYPE html><b>bold</b>",
    '" onmouseover="document.title=1" x="',
    "' onmouseover='document.title=1' x='",
    '"><b>out of an attribute</b>',
    "'><b>out of an attribute</b>",
    "` onmouseover=document.title=1 `",
    "{{ 7 * 7 }}",
    "{% raw %}<b>bold</b>{% endraw %}",
    "{{ ''.__class__.__mro__ }}",
    "{# a comment #}",
    "${7 * 7} #{7 * 7} <%= 7 * 7 %>",
    "%s %d %(name)s {0} {name}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;b&#62;bold&#60;/b&#62;",
    "&amp;amp;amp; & &nosuch; &",
    "<b",
    "<",
    "null",
    "None",
    "NaN",
    "undefined",
    "\u202eright to left <b>bold</b>",
    "مرحبا <b>שלום</b>",
    "z̴̢̛͙͚̀͗a̷̡͕̾͝l̵̰̈́g̶̱̈́o̴͉̊ <b>",
    "成交 <b>公海</b>",
    "\U0001f600\u200d\U0001f525\ufeff\u200b<b>",
    "$x^2$ \\frac{1}{2} <b>",
    "\u0007\u001b[31m\u0085<b>",
    "'; DROP TABLE leads; --",
    "x" * 500,
)
"""Fifty and a few."""

DRAWN = tuple(text for text in HOSTILE if text[0] in "\u202e成\u0007z" or text == HOSTILE[19] or len(text) > 99)
"""Those with which pictures are drawn too, as for the others they would be much the same."""

SCENARIO = """
format: 1
name: %(text)s
description: %(text)s
start: 2026-01-01
horizon: 2 months
currency: %(text)s
segments: {small: {share: 80%%, label: %(text)s}, large: {share: 20%%, label: %(text)s}}
channels: {web: {leads: 60 per month, spend: 1000 per month, enters: lead, label: %(text)s}}
teams: {sales: {people: 1, hours: 7 per day, salary: 900 per month, label: %(text)s}}
stages:
  lead:
    label: %(text)s
    moves: {call: {team: sales, takes: 30min, chance: 30%%, to: won, else: pool, label: %(text)s}}
  won: {value: 100, label: %(text)s}
  pool: {track: drip, label: %(text)s}
touches: {mail: {response: 5%%, label: %(text)s}}
tracks: {drip: {cadence: 7d, touches: [mail], on_response: {to: lead}, label: %(text)s}}
variants: {less: {set: {tracks.drip.cadence: 14d}, label: %(text)s}, off: {set: {tracks.drip.cadence: never}}}
"""


def scenario_of(text: str) -> fs.Scenario:
    """Return a small scenario with a text in every field that takes one."""
    quoted = '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'
    return fs.loads(SCENARIO % {"text": quoted})
