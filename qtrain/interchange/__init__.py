"""Networks of other frameworks, as NIR graphs: read, run in real numbers, made networks of ours."""
