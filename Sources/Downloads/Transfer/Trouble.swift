import Domain
import HTTP
import Hub

/// What to do about a failure: how often another try makes sense, and after how long.
enum Trouble {
  /// Tries in a row without a new byte after which a download waits for the next cycle.
  static let barrenTries = 4
  /// Answers in a row that ask to be left alone, after which it does, too.
  static let busyTries = 8
  /// Fresh addresses in a row that bring nothing, after which the file counts as refused.
  static let refreshes = 2
  /// Answers with the wrong range after which no range is asked for any more.
  static let rangeTries = 3

  static func isWorthAnotherTry(_ error: any Error) -> Bool {
    switch error {
    case let error as HTTPError: error.isTransient
    case let error as HubError:
      if case .resting = error.kind { false } else { error.isTransient }
    case let error as DownloadError: error.kind.isPassing
    default: false
    }
  }

  /// Whether the server asks to be left alone for a while.
  static func isBusy(_ error: any Error) -> Bool {
    if case .rateLimited? = (error as? HubError)?.kind { true } else { false }
  }

  /// Full jitter: nobody should knock again at the moment at which everybody does.
  static func jitter(_ tries: Int) -> Double {
    Double.random(in: 0...min(longestPause, 0.5 * Double(1 << min(tries, 20))))
  }

  /// The most seconds between two tries.
  static let longestPause: Double = 900

  /// The error that the caller gets.
  static func final(_ error: any Error, _ name: String) -> any Error {
    guard let error = error as? HTTPError else { return error }
    return error.kind == .cancelled ? CancellationError() : DownloadError(.broken(error.problem), name)
  }
}

/// What the end of a request for a range means.
enum SegmentVerdict {
  enum Address { case good, stale }

  /// All that was asked for is there.
  case fine
  /// Another try may well succeed.
  case again(any Error, pause: Double, Address)
  /// The server sends other parts than it is asked for.
  case noRanges(SegmentFault)
  /// The file is another one than before.
  case changed(SegmentFault)
  /// No further try makes sense.
  case fatal(any Error)

  init(
    _ end: CopyTransfer.SegmentEnd, isWhole: Bool, of file: ModelFile, at address: ResolvedFile?, hub: HubClient,
    wasStopped: Bool
  ) {
    let name = file.path.description
    switch end.result {
    case .success(let head) where head.status >= 400:
      guard let address else {
        self = .again(DownloadError(.broken("the server answered \(head.status)"), name), pause: 0, .stale)
        return
      }
      let error = hub.downloadError(head, for: address, words: end.excerpt)
      self = .again(error, pause: Self.pause(head), .stale)
    case .success:
      // Without a length in its head a body that ends early looks complete.
      self = isWhole ? .fine : .again(DownloadError(.broken("the body ends too early"), name), pause: 0, .good)
    case .failure(let error as SegmentFault):
      switch error {
      case .complete: self = .fine
      case .rangeIgnored, .wrongRange: self = .noRanges(error)
      case .entityChanged: self = .changed(error)
      case .webPage: self = .fatal(DownloadError(.webPage, name))
      case .wrongContent(let reason): self = .fatal(DownloadError(.inconsistent(reason), name))
      case .rangeBeyondEnd, .wrongStatus:
        self = .again(DownloadError(.inconsistent(error.words), name), pause: 0, .stale)
      }
    case .failure(let error as HTTPError):
      switch error.kind {
      case .cancelled: self = wasStopped ? .fine : .fatal(CancellationError())
      // It was given up on our side, which says nothing about the other one.
      case .interrupted: self = .fine
      default: self = .again(error, pause: 0, .good)
      }
    case .failure(let error as HubError):
      switch error.kind {
      case .rateLimited(let seconds): self = .again(error, pause: min(900, seconds), .good)
      // Other files may lie on hosts that are well.
      case .resting: self = .fatal(DownloadError(.broken(error.problem), name))
      default: self = .again(error, pause: 0, .good)
      }
    case .failure(let error as DownloadError):
      if case .inconsistent = error.kind { self = .again(error, pause: 0, .stale) } else { self = .fatal(error) }
    case .failure(let error): self = wasStopped ? .fine : .fatal(error)
    }
  }

  /// Seconds that an answer asks us to stay away, at most a quarter of an hour.
  private static func pause(_ head: HTTPHead) -> Double {
    let wait = head.headers["Retry-After"].flatMap(RetryAfter.init)?.wait(now: HubClock.system.now())
    return min(900, wait ?? 0)
  }
}
