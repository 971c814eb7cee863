import FuzzSupport

/// Text as somebody would name a model who wants to be obeyed by a mail program, a chat or a terminal.
enum HostileText {
  static let pieces = [
    "\r\nBcc: victim@example.org\r\n", "\n\n<script>alert(1)</script>", "=?utf-8?B?QmNjOiBhQGI=?=", "<!channel>",
    "<@U123>",
    "@everyone", "@here", "[text](https://evil.example/)", "![](https://evil.example/x.png)", "https://evil.example/a",
    "http://evil.example", "www.evil.example", "mailto:a@b.example", "a@b.example", "**bold**", "*bold*", "_slanted_",
    "~gone~", "~~gone~~", "`code`", "```\nblock\n```", "||hidden||", "> quote", "# heading", "- item", "1. item",
    "<https://evil.example|text>", "&lt;!channel&gt;", "&amp;", "\\", "\\\\", "\u{202E}reversed", "\u{200B}",
    "\u{1B}[31m",
    "\u{0}", "\u{85}", "\u{2028}", ".", "..", "From ", "=", "=0D=0A", "\t", "   ", "ü", "日本語", "👩‍👩‍👧", "Q4_K_M",
    "org/name",
    "<:emoji:123>", "<t:0>", "<#1>", "--=_hubwatch_", "|", "$x^2$", "\"", "'", "{{7*7}}", "%0a",
  ]

  /// A text of a few pieces.
  static func random(_ random: inout some RandomNumberGenerator) -> String {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in
      Bool.random(using: &random)
        ? pieces.randomElement(using: &random) ?? ""
        : String(
          (0..<Int.random(in: 1...30, using: &random)).compactMap { _ in
            Unicode.Scalar(UInt32.random(in: 1...0x2FFF, using: &random)).map(Character.init)
          })
    }.joined()
  }
}
