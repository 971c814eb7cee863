import Catalog
import Domain
import Foundation

/// A repository of the catalog as `list`, `search` and `show` tell of it.
struct RepoRow: Encodable {
  let id: String
  let state: String
  let reason: String?
  let rule: String?
  let family: String?
  let architecture: String?
  let parameters: Int64?
  let contextLength: Int?
  let licence: String?
  let downloads: Int
  let likes: Int
  let trending: Double
  let gated: Bool
  let createdAt: Date?
  let lastModified: Date?
  let firstSeenAt: Date

  init(_ repo: RepoRecord, family: String? = nil) {
    id = repo.id.description
    state = repo.state.rawValue
    reason = repo.reason
    rule = repo.ruling?.explanation
    self.family = family
    architecture = repo.architecture ?? repo.shape?.architecture
    parameters = repo.parameters ?? repo.shape.map(\.parameters)
    contextLength = repo.shape?.contextLength
    downloads = repo.downloads
    likes = repo.likes
    trending = repo.trending
    licence = repo.tags.first { $0.hasPrefix("license:") }.map { String($0.dropFirst("license:".count)) }
    gated = repo.gated
    createdAt = repo.createdAt
    lastModified = repo.lastModified
    firstSeenAt = repo.firstSeenAt
  }

  /// `8.0B`, or a dash.
  static func short(_ parameters: Int64?) -> String {
    guard let parameters, parameters > 0 else { return "-" }
    let billions = Double(parameters) / 1e9
    return billions >= 1
      ? "\(ByteCount.decimal(billions, places: billions < 10 ? 1 : 0))B"
      : "\(ByteCount.decimal(Double(parameters) / 1e6, places: 0))M"
  }
}
