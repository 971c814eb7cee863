/// Foreign text that tries to be more than text.
public enum Venom {
  /// Pieces of every syntax that a terminal, a page, a mail or a chat could obey.
  private static let pieces = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</p></li></body></html>", "\" onclick=\"x",
    "' style='x",
    "javascript:alert(1)", "&lt;b&gt;", "&#60;", "<!--", "-->", "]]>", "<svg/onload=x>", "</style>", "</title>",
    "<a href=//evil>", "<", ">", "&", "\"", "'", "`", "``", "```", "\n```\n", "\\", "\\\\", "\\`", "*", "**", "_", "__",
    "~~",
    "[x](https://evil.example)", "[x]: https://evil.example", "![x](https://evil.example/a.png)", "](", "[", "]", "(",
    ")",
    "<https://evil.example>", "https://evil.example", "HTTP://EVIL.example/%0a", "www.evil.example", "WWW.evil.example",
    "a@evil.example", "@everyone", "@channel", "<@U123>", "<!channel>", "#123", "\n# head", "\n> quote", "\n- item",
    "\n---\n",
    "\n| a | b |\n", "|", "$x$", "$$", "{{x}}", "\u{1B}[2J", "\u{1B}]8;;https://evil\u{7}x\u{1B}]8;;\u{7}", "\u{9B}31m",
    "\r",
    "\r\n", "\u{0}", "\u{7}", "\u{8}", "\u{7F}", "\u{85}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{200B}", "\u{200F}",
    "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{E0041}", "\u{FFF9}", "\t", "x y", "ä", "大", "🦙", "e\u{301}\u{301}\u{301}",
    "hubwatch · ", "Trouble: ", "Ready to try", " and 3 more: `hubwatch digest fits`",
  ]

  /// Text by chance out of those pieces.
  public static func text(_ random: inout some RandomNumberGenerator) -> String {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  /// Whether every scalar is one that shows itself and does nothing, but for line ends.
  public static func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      let category = scalar.properties.generalCategory
      return scalar == "\n"
        || ![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate].contains(category)
    }
  }
}
