"""One module per figure: `data(book)` computes what is drawn, `draw(data, narrow)` draws it, `alt(data)` says it."""
