"""Notes and slides as files that people open: PDF, HTML, Markdown, JSON.

Import what you need from its module: `slides.slide_pdf`, `guide.study_guide_pdf`,
`page.study_guide_html`, `markdown.study_guide_markdown`, `index.terms_json`.
"""
