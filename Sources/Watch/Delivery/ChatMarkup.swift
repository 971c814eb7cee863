import Foundation

/// The markup of a chat: foreign text keeps its letters and loses its power.
protocol ChatMarkup {
  /// What an item begins with.
  static var item: String { get }
  /// Foreign text.
  static func escaped(_ text: String) -> String
  /// Text of ours that stands out.
  static func strong(_ text: String) -> String
  /// Foreign text that leads to an address; nil for what is no plain web address.
  static func link(_ text: String, _ address: String) -> String?
}

enum ChatAddress {
  /// Whether an address is one of the web, and of characters that no markup knows.
  static func isPlain(_ address: String) -> Bool {
    (address.hasPrefix("https://") || address.hasPrefix("http://")) && address.utf8.count <= 500
      && address.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._/:%+=?&@".utf8.contains(byte)
      }
  }
}

/// Markdown as ntfy's applications read it (CommonMark and GitHub's links without brackets). Some show it as it is written, so
/// that no more is escaped than has a meaning.
enum NtfyText: ChatMarkup {
  static let item = "- "

  static func escaped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    return scalars.indices.reduce(into: "") { result, index in
      result += isAlive(scalars, index) ? "\\\(scalars[index])" : String(scalars[index])
    }
  }

  private static func isAlive(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    let next = index + 1 < scalars.count ? scalars[index + 1] : " "
    switch scalars[index] {
    case "\\", "`", "*", "[", "]", "<", ">", "&", "#", "|", "~", "@": return true
    case "_": return !WordPart.isWithin(scalars, index)
    // Addresses that need no brackets.
    case ":": return next == "/"
    case ".": return index > 0 && (scalars[index - 1] == "w" || scalars[index - 1] == "W")
    // At the beginning of a line these make lists, headings and rules.
    case "-", "+", "=", ")": return index == 0 || scalars[..<index].allSatisfy { !$0.properties.isAlphabetic }
    default: return false
    }
  }

  static func strong(_ text: String) -> String { "**\(escaped(text))**" }

  static func link(_ text: String, _ address: String) -> String? {
    ChatAddress.isPlain(address) ? "[\(escaped(text))](<\(address)>)" : nil
  }
}

/// Where a sign stands.
enum WordPart {
  /// Whether letters or digits stand on both of its sides: there an underscore means nothing, as in Q4_K_M.
  static func isWithin(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    func isLetter(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
    return index > 0 && index + 1 < scalars.count && isLetter(scalars[index - 1]) && isLetter(scalars[index + 1])
  }
}

/// Slack's mrkdwn. Three signs have an escape; those of emphasis have none, and give way to look-alikes where they could
/// begin or end something.
enum SlackText: ChatMarkup {
  static let item = "• "

  static func escaped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "*": result += "∗"
      case "~": result += "∼"
      case "`": result += "ˋ"
      case ":": result += isEndOfWord(scalars, index) ? ":" : "∶"
      case "_": result += WordPart.isWithin(scalars, index) ? "_" : "＿"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Between letters it could be an address or a picture; at the end of a word and in a time of the day it is none.
  private static func isEndOfWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    func digit(_ place: Int) -> Bool {
      scalars.indices.contains(place) && ("0"..."9").contains(scalars[place])
    }
    func sign(_ place: Int) -> Unicode.Scalar { scalars.indices.contains(place) ? scalars[place] : " " }
    return sign(index + 1) == " "
      || digit(index - 1) && digit(index + 1) && digit(index + 2) && !digit(index + 3) && sign(index + 3) != ":"
  }

  static func strong(_ text: String) -> String { "*\(escaped(text))*" }

  static func link(_ text: String, _ address: String) -> String? {
    guard ChatAddress.isPlain(address) else { return nil }
    // A bar would end the address, also one with an accent.
    let name = String(String.UnicodeScalarView(escaped(text).unicodeScalars.map { $0 == "|" ? "∣" : $0 }))
    return "<\(address.replacing("&", with: "&amp;"))|\(name)>"
  }
}

/// Discord's Markdown.
enum DiscordText: ChatMarkup {
  static let item = "- "

  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case _ where scalar.isASCII && isSign(scalar): result += "\\\(scalar)"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
    "\\`*_[]<>#|~:@()-+.!".unicodeScalars.contains(scalar)
  }

  static func strong(_ text: String) -> String { "**\(escaped(text))**" }

  static func link(_ text: String, _ address: String) -> String? {
    ChatAddress.isPlain(address) ? "[\(escaped(text))](<\(address)>)" : nil
  }
}
