/// Takes secrets out of text before it reaches a log or a terminal.
public enum Redaction {
  /// `text` with hub tokens and the queries of addresses (signed URLs) replaced.
  public static func redact(_ text: String) -> String {
    text.replacing(/hf_[A-Za-z0-9]{8,}/, with: "hf_***")
      .replacing(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]+/) { "\($0.output.1)?***" }
  }
}
