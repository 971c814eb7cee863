import Foundation

/// How the practice hub behaves beyond what lies in its folder.
public struct HubServerOptions: Sendable {
  /// What a token may see.
  public struct TokenAccess: Sendable {
    /// The account's name, told by `/api/whoami-v2`.
    public var name: String
    /// Ids of gated repositories whose files it may fetch.
    public var gated: Set<String>
    /// Ids of private repositories that it sees.
    public var privates: Set<String>
    /// Ids of gated repositories whose authors have not decided yet.
    public var pending: Set<String>

    /// An account; without grants it is merely known.
    public init(
      name: String, gated: Set<String> = [], privates: Set<String> = [], pending: Set<String> = []
    ) {
      self.name = name
      self.gated = gated
      self.privates = privates
      self.pending = pending
    }
  }

  /// Requests that one caller may make in a window, by bucket.
  public struct Quotas: Sendable {
    /// `/api/…`.
    public var api: Int
    /// `/…/resolve/…` and `/api/resolve-cache/…`.
    public var resolvers: Int
    /// Everything else.
    public var pages: Int
    /// Length of the window in seconds.
    public var window: Int

    /// The hub's quotas for anonymous callers, unless others are given.
    public init(api: Int = 500, resolvers: Int = 3000, pages: Int = 100, window: Int = 300) {
      self.api = api
      self.resolvers = resolvers
      self.pages = pages
      self.window = window
    }
  }

  /// The IPv4 address to listen on.
  public var address = "127.0.0.1"
  /// The hub's port; 0 for any free one.
  public var port: UInt16 = 0
  /// The CDN's port; 0 for any free one.
  public var cdnPort: UInt16 = 0
  /// The CDN's origin as redirects name it, when clients reach it by another way than directly.
  public var advertisedCDN: String?
  /// The tokens that are valid.
  public var tokens: [String: TokenAccess] = [:]
  /// The quotas of every caller; anonymous callers share theirs.
  public var quotas = Quotas()
  /// Seconds for which a signed CDN address is good.
  public var signedURLLifetime = 3600
  /// Bytes a second for the body of each answer; nil for no limit.
  public var bytesPerSecond: Int?
  /// Mishaps, in the order in which they are tried.
  public var faults: [Fault] = []
  /// How many requests the log keeps.
  public var logCapacity = 10_000
  /// The clock for quotas and signatures.
  public var now: @Sendable () -> Date = { Date() }

  /// Everything as on the hub for anonymous callers, on free ports of the loopback interface.
  public init() {}
}
