"""Every form of the results but the page: tables, JUnit, Markdown, a drawing, lines for the terminal."""
