"""Public pages."""

from flask import Blueprint

blp = Blueprint("pages", __name__)
