"""One self-contained HTML page about a build, or about two side by side."""
