/// An answer of the simulated hub, but for its body.
struct Answer {
  /// What comes after the bytes of the body.
  enum Ending: Equatable {
    /// Nothing; the connection waits for its next request.
    case complete
    /// The connection is closed before anything was sent.
    case cut
    /// The connection is closed after the body.
    case cutAfterBody
    /// So many zeros.
    case zeros(Int64)
    /// So many blanks.
    case blanks(Int64)
    /// Blanks until the client has had enough; the body has no length.
    case endless
  }

  var status: Int
  var type: StaticString = "application/json; charset=utf-8"
  var headers = ""
  /// `Content-Length` where it is not what the body buffer and the ending hold.
  var announcedLength: Int64?
  var ending = Ending.complete

  init(_ status: Int) { self.status = status }

  mutating func add(_ name: StaticString, _ value: String) { headers += "\(name): \(value)\r\n" }

  mutating func add(_ hint: RetryHint, now: Double) {
    switch hint {
    case .none: break
    case .seconds(let seconds): add("Retry-After", String(seconds))
    case .date(let seconds): add("Retry-After", Self.httpDate(Int((now + Double(seconds)).rounded(.up))))
    }
  }

  static func tooMany(_ hint: RetryHint, now: Double, _ body: inout ByteBuffer) -> Answer {
    body.put("We had to rate limit your IP. To continue using our service, create a HF account or login.")
    var answer = Answer(429)
    answer.type = "text/plain; charset=utf-8"
    answer.add(hint, now: now)
    return answer
  }

  /// The hub's way to say no. Source: recorded headers; see the table of error codes in the hub's clients.
  static func refusal(_ status: Int, code: StaticString?, _ message: String, _ body: inout ByteBuffer) -> Answer {
    var answer = Answer(status)
    if let code { answer.add("X-Error-Code", "\(code)") }
    answer.add("X-Error-Message", message)
    body.put("{\"error\":")
    body.put(quoted: message)
    body.put("}")
    return answer
  }

  /// Status line and headers, without the empty line at the end.
  func putHead(bodyCount: Int, _ head: inout ByteBuffer) {
    head.put("HTTP/1.1 ")
    head.put(number: status)
    head.put(" Simulated\r\nContent-Type: ")
    head.put(type)
    head.put("\r\n")
    if ending == .endless {
      head.put("Connection: close\r\n")
    } else if status != 304 {
      let tail: Int64 =
        switch ending {
        case .zeros(let count), .blanks(let count): count
        default: 0
        }
      head.put("Content-Length: ")
      head.put(number: Int(announcedLength ?? Int64(bodyCount) + tail))
      head.put("\r\n")
    }
    head.put(string: headers)
  }

  /// `Wed, 21 Oct 2026 07:28:00 GMT`
  static func httpDate(_ seconds: Int) -> String {
    let (days, time) = seconds.quotientAndRemainder(dividingBy: 86400)
    let day = CivilDay(daysSince1970: days)
    let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(weekdays[CivilDay.weekday(daysSince1970: days)]), \(two(day.day)) \(months[day.month - 1]) \(day.year) "
      + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }
}
