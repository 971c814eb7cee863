import Foundation

/// Fixed windows of requests for every caller and bucket.
actor RateLimiter {
  /// What the hub counts separately.
  enum Bucket: String, Sendable {
    case api, resolvers, pages

    /// The bucket of a request to the hub's port.
    init(segments: [String]) {
      if segments.starts(with: ["api", "resolve-cache"]) || segments.dropFirst().prefix(2).contains("resolve") {
        self = .resolvers
      } else {
        self = segments.first == "api" ? .api : .pages
      }
    }
  }

  /// Where a caller stands after a request.
  struct Standing: Sendable, Equatable {
    let bucket: Bucket
    /// Whether the request was within the quota.
    let isAllowed: Bool
    /// Requests left in this window.
    let left: Int
    /// Seconds until the window ends.
    let reset: Int
    let quota: Int
    let window: Int

    /// The two headers that the hub sends with every answer.
    var headers: [(String, String)] {
      [
        ("RateLimit", "\"\(bucket.rawValue)\";r=\(left);t=\(reset)"),
        ("RateLimit-Policy", "\"fixed window\";\"\(bucket.rawValue)\";q=\(quota);w=\(window)"),
      ]
    }
  }

  private struct Key: Hashable {
    let caller: String
    let bucket: Bucket
  }

  private let quotas: HubServerOptions.Quotas
  private var windows: [Key: (start: Date, used: Int)] = [:]

  init(_ quotas: HubServerOptions.Quotas) { self.quotas = quotas }

  /// Counts a request.
  func count(caller: String, bucket: Bucket, now: Date) -> Standing {
    let quota =
      switch bucket {
      case .api: quotas.api
      case .resolvers: quotas.resolvers
      case .pages: quotas.pages
      }
    let key = Key(caller: caller, bucket: bucket)
    var window = windows[key] ?? (now, 0)
    if now.timeIntervalSince(window.start) >= Double(quotas.window) || now < window.start {
      window = (now, 0)
    }
    let isAllowed = window.used < quota
    if isAllowed { window.used += 1 }
    windows[key] = window
    let age = now.timeIntervalSince(window.start)
    let reset = Int((Double(quotas.window) - age).rounded(.up))
    return Standing(
      bucket: bucket, isAllowed: isAllowed, left: quota - window.used, reset: reset, quota: quota,
      window: quotas.window)
  }
}
