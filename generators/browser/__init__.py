"""From the model's portable Python, the catalogue and `web/` to the scripts that run in the reader's browser."""
