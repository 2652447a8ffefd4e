"""Pictures for where SVG is not taken: PNG copies of figures for slides, and the cards of link previews."""
