"""Charts as SVG whose text stays text: each file draws one kind and knows nothing of builds."""
