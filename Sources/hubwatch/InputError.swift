import Domain

/// What a person named is not there.
enum InputError: ReportableError, Equatable {
  case noSuchFile(String)
  case notFetched(String)
  case notARepo(String)
  case unreadable(String)
  case unusable(String)

  var problem: String {
    switch self {
    case .noSuchFile(let name): "\(name) is neither a file nor the id of a model"
    case .notFetched(let name): "\(name) has not been fetched"
    case .notARepo(let name): "\(name) is not the id of a model"
    case .unreadable(let name): "\(name) cannot be read"
    case .unusable(let text): "\(text) cannot be used"
    }
  }
  var advice: String? {
    switch self {
    case .noSuchFile, .notARepo: "ids look like organisation/name"
    case .notFetched(let name): "run `hubwatch pull \(name)` first"
    case .unreadable: "check its path and mode"
    case .unusable: nil
    }
  }
  var exitCode: Domain.ExitCode { .failed }
}
