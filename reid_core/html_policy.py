"""The Content-Security-Policy inside every HTML file that is exported: it is opened elsewhere, without our server."""

# Such a file holds names and notes that people typed. Its styles and pictures are in it: nothing has to run or load.
# `default-src` does not speak of where links start from and where forms go, so both are said.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
