"""Notes and slides as files that people open: PDF, HTML, Markdown, JSON."""

from app.lectures.rendering.guide import study_guide_pdf
from app.lectures.rendering.index import terms_json
from app.lectures.rendering.markdown import study_guide_markdown
from app.lectures.rendering.page import study_guide_html
from app.lectures.rendering.slides import slide_pdf

__all__ = ["slide_pdf", "study_guide_html", "study_guide_markdown", "study_guide_pdf", "terms_json"]
