/// What is wrong with an answer to a request for a range, before a byte of it is written.
enum SegmentFault: Error, Equatable {
  /// The server sent the whole file where a part was asked for.
  case rangeIgnored
  /// The server sent another part than was asked for, or says that the file has another size.
  case wrongRange(String)
  /// What the content network has is not what it had before.
  case entityChanged
  /// A page for people came: a captive portal, or a login.
  case webPage
  /// The first bytes are not those of such a file.
  case wrongContent(String)
  /// 416: the server's file ends before the asked range.
  case rangeBeyondEnd
  /// Another status than 200, 206 or an error.
  case wrongStatus(Int)
  /// Everything that was asked for is there, and the server still sends: the connection is given up.
  case complete

  /// For a person.
  var words: String {
    switch self {
    case .rangeIgnored: "the server does not honour ranges"
    case .wrongRange(let found): "the server sent another range than was asked for (\(found))"
    case .entityChanged: "the file changed while it was fetched"
    case .webPage: DownloadError.portalWords
    case .wrongContent(let reason): reason
    case .rangeBeyondEnd: "the server's file is shorter than the listing says"
    case .wrongStatus(let status): "the server answered \(status)"
    case .complete: "complete"
    }
  }
}
