import Domain

/// Who asks, by the `Authorization` header.
enum Caller: Sendable {
  case anonymous
  case account(HubServerOptions.TokenAccess, token: String)
  case unknownToken

  init(header: String?, tokens: [String: HubServerOptions.TokenAccess]) {
    guard let header else {
      self = .anonymous
      return
    }
    let parts = header.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer", let access = tokens[String(parts[1])] else {
      self = .unknownToken
      return
    }
    self = .account(access, token: String(parts[1]))
  }

  /// By what the limiter tells callers apart; an invalid token counts as the address that sent it.
  var name: String {
    if case .account(_, let token) = self { "token \(token)" } else { "anonymous" }
  }

  /// Whether the caller knows of the repository at all.
  func sees(_ repo: Repo) -> Bool {
    guard repo.sidecar.isPrivate else { return true }
    if case .account(let access, _) = self { return access.privates.contains(repo.id.description) }
    return false
  }

  /// What is said of a repository that does not exist, or that the caller does not see.
  var missing: Refusal {
    switch self {
    case .anonymous: .anonymous
    case .account: .repo
    case .unknownToken: .badToken
    }
  }

  /// Refuses the files of a gated repository to callers without access.
  func passGate(of repo: Repo, address: String) throws(Refusal) {
    guard repo.sidecar.gated != .open else { return }
    let id = repo.id.description
    switch self {
    case .account(let access, _) where access.gated.contains(id): return
    case .account(let access, _) where access.pending.contains(id):
      throw Self.gated(403, "Your request to access model \(id) is awaiting a review from the repo authors.")
    case .account:
      throw Self.gated(
        403,
        "Access to model \(id) is restricted and you are not in the authorized list. "
          + "Visit \(address)/\(id) to ask for access.")
    case .anonymous, .unknownToken:
      throw Self.gated(
        401,
        "Access to model \(id) is restricted. You must have access to it and be authenticated to access it. "
          + "Please log in.")
    }
  }

  private static func gated(_ status: Int, _ message: String) -> Refusal {
    Refusal(status, code: "GatedRepo", message, isJSON: false)
  }
}
