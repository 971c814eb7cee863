import Foundation

/// Finds living syntax in a digest of Markdown that is not ours.
///
/// Ours are headings, list items, one line in bold, links to the hub's pages or to web pages of tools, and commands
/// between backticks. Whatever else would be read as syntax by CommonMark or GitHub is foreign.
enum MarkdownScan {
  /// The first thing that is wrong; nil when all is well.
  static func trouble(_ text: String, hub: String) -> String? {
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      if let found = trouble(line: String(line), hub: hub) { return "\(found) in \(line.debugDescription)" }
    }
    return nil
  }

  private static func trouble(line: String, hub: String) -> String? {
    var rest = line
    if let head = rest.prefixMatch(of: /(# |## |- |\*\*)/) {
      rest.removeSubrange(head.range)
    } else if rest.prefixMatch(of: /(>|#|\||=|-|\+|\*|_|~|`|\s|[0-9]+[.)] )/) != nil {
      return "a block of its own"
    }
    rest = rest.replacing(/\*\*: nothing new\.$/, with: "")
    // Our commands, then our links; a link's text has every bracket escaped.
    rest = rest.replacing(/`hubwatch( [A-Za-z0-9:.-]+)+`/, with: "")
    while let link = rest.firstMatch(of: /\[((?:\\.|[^\[\]\\])*)\]\(([^()\s]*)\)/) {
      let address = String(link.2)
      guard address.hasPrefix("https://"), !address.contains("\"") else { return "a link to \(address)" }
      if address.contains("evil"), !address.hasPrefix(hub) { return "a link to \(address)" }
      rest.replaceSubrange(link.range, with: String(link.1))
    }
    // What is escaped does nothing.
    rest = rest.replacing(/\\[\\`*_\[\]()#!|~$:.]/, with: "").replacing(/&(lt|gt|amp);/, with: "")
    for sign in ["<", ">", "&", "`", "*", "_", "[", "]", "!", "|", "~", "$", "@", "://", "\\"] where rest.contains(sign)
    {
      return "a living \(sign)"
    }
    return rest.lowercased().contains("www.") ? "a living www." : nil
  }
}
