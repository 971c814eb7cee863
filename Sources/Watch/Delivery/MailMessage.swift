import Foundation

/// A mail of two forms of one text (RFC 5322, 2045, 2046): plain for those who like it so, HTML for the others.
///
/// Everything in it is printable ASCII; no value can begin another header.
struct MailMessage {
  var from: String
  var to: [String]
  var subject: String
  var date: Date
  /// Without angle brackets; the same for the same digest, so that a mail that comes twice is known as one.
  var id: String
  /// For filters: `digest.hubwatch.localhost`.
  var list: String
  var text: String
  var html: String

  /// Headers and body, lines ended by CR LF.
  var source: String {
    // No line of quoted-printable holds an equals sign before an underscore.
    let boundary = "=_hubwatch_\(Self.word(id))"
    let headers = [
      ("From", "hubwatch <\(Self.plain(from))>"),
      ("To", to.map(Self.plain).joined(separator: ",\r\n ")),
      ("Subject", Self.encoded(subject)),
      ("Date", Self.time(date)),
      ("Message-ID", "<\(Self.plain(id))>"),
      // No answering machine shall answer (RFC 3834).
      ("Auto-Submitted", "auto-generated"),
      ("X-Auto-Response-Suppress", "All"),
      ("List-Id", "hubwatch digest <\(Self.plain(list))>"),
      ("MIME-Version", "1.0"),
      ("Content-Type", "multipart/alternative;\r\n boundary=\"\(boundary)\""),
    ]
    let head = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    return head + "\r\n" + part(boundary, "text/plain", text) + part(boundary, "text/html", html)
      + "--\(boundary)--\r\n"
  }

  private func part(_ boundary: String, _ type: String, _ text: String) -> String {
    "--\(boundary)\r\nContent-Type: \(type); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      + QuotedPrintable.encoded(text)
  }

  /// Without anything that is no printable ASCII, or could end an address.
  private static func plain(_ text: String) -> String {
    String(decoding: text.utf8.filter { $0 > 32 && $0 < 127 && !"<>,;\"\\()".utf8.contains($0) }, as: UTF8.self)
  }

  private static func word(_ text: String) -> String {
    String(
      text.unicodeScalars.filter { $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0) }.prefix(40)
        .map(Character.init))
  }

  /// A header's text: as it is where it is plain and short, else in encoded words of at most 75 characters (RFC 2047), each
  /// on a line of its own.
  static func encoded(_ text: String) -> String {
    let oneLine = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }.prefix(200)))
    // What looks like an encoded word must not be read as one.
    if oneLine.utf8.allSatisfy({ $0 < 127 }), oneLine.utf8.count <= 65, !oneLine.contains("=?") { return oneLine }
    var words: [String] = []
    var chunk: [UInt8] = []
    for scalar in oneLine.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      // 45 bytes become 60 characters; on the first line stands the header's name, too.
      if chunk.count + bytes.count > (words.isEmpty ? 36 : 45) {
        words.append("=?utf-8?B?\(Data(chunk).base64EncodedString())?=")
        chunk = []
      }
      chunk += bytes
    }
    words.append("=?utf-8?B?\(Data(chunk).base64EncodedString())?=")
    return words.joined(separator: "\r\n ")
  }

  /// `Thu, 26 Nov 2026 07:00:00 +0000` (RFC 5322, 3.3).
  static func time(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func digits(_ number: Int?) -> String {
      let number = number ?? 0
      return number < 10 ? "0\(number)" : "\(number)"
    }
    let day = days[(parts.weekday ?? 1) - 1]
    let month = months[(parts.month ?? 1) - 1]
    let clock = "\(digits(parts.hour)):\(digits(parts.minute)):\(digits(parts.second))"
    return "\(day), \(parts.day ?? 1) \(month) \(parts.year ?? 1970) \(clock) +0000"
  }
}
