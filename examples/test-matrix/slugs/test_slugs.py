"""What a slug is."""

import os
import unittest

from slugs import slug


class SlugTest(unittest.TestCase):
    def test_words_are_joined(self) -> None:
        self.assertEqual(slug("Hello, World!"), "hello-world")

    def test_other_letters_stay_unless_it_is_strict(self) -> None:
        strict = os.environ.get("SLUG_MODE") == "strict"
        self.assertEqual(slug("Übung 1"), "bung-1" if strict else "übung-1")
