import Domain
import Foundation

/// What a repository holds at a revision.
extension HubService {
  private static let largestPage = 1000
  private static let largestExpandedPage = 100

  /// `/tree/{rev}[/{folder}]`.
  func tree(_ request: HubRequest, _ repo: Repo, revision: String, folder: String) async throws -> Answer {
    let content = try await content(of: repo, at: revision)
    guard folder.isEmpty || content.folders[folder] != nil else {
      throw Refusal.entry(commit: content.commit)
    }
    let isExpanded = request.queryFlag("expand")
    let largest = isExpanded ? Self.largestExpandedPage : Self.largestPage
    let limit = try ModelQuery.limit(request, largest: largest)
    var entries = TreeEntry.all(content, below: folder, isRecursive: request.queryFlag("recursive"))
    if let cursor = request.queryValue("cursor") {
      guard let place = TreeEntry.Place(cursor) else { throw Refusal.badParameter("Invalid cursor") }
      entries.removeAll { !(place < $0.place) }
    }
    let page = entries.prefix(limit)
    let document = JSON.array(page.map { $0.json(repo, content, isExpanded: isExpanded) })
    guard page.count < entries.count, let last = page.last else { return .json(document) }
    return .json(document, [("Link", nextLink(request, cursor: last.place.text))])
  }

  /// `POST /paths-info/{rev}` with a form or JSON; unknown paths are left out.
  func pathsInfo(_ request: HubRequest, _ repo: Repo, revision: String) async throws -> Answer {
    let content = try await content(of: repo, at: revision)
    var paths: [String]
    var isExpanded: Bool
    if request.header("Content-Type")?.lowercased().hasPrefix("application/json") ?? false {
      guard let document = JSON(parsing: request.body) else {
        throw Refusal.badParameter("The body is no JSON")
      }
      paths = document["paths"]?.texts ?? []
      isExpanded = document["expand"] == .bool(true)
    } else {
      let form = PercentEncoding.form(String(decoding: request.body, as: UTF8.self))
      paths = form.filter { $0.name == "paths" || $0.name == "paths[]" }.map(\.value)
      isExpanded = form.contains { $0.name == "expand" && ["true", "True", "1"].contains($0.value) }
    }
    guard paths.count <= Self.largestPage else {
      throw Refusal.badParameter("Invalid paths: at most \(Self.largestPage) are allowed")
    }
    let entries = Dictionary(
      TreeEntry.all(content, below: "", isRecursive: true).map { ($0.path, $0) },
      uniquingKeysWith: { first, _ in first })
    return .json(.array(paths.compactMap { entries[$0]?.json(repo, content, isExpanded: isExpanded) }))
  }

  /// `/refs`.
  func refs(_ request: HubRequest, _ repo: Repo) async throws -> Answer {
    let commit = try await content(of: repo, at: "main").commit
    let main = JSON.members([
      ("name", .string("main")), ("ref", .string("refs/heads/main")),
      ("targetCommit", .string(commit.description)),
    ])
    return .json(
      .members([
        ("tags", .array([])), ("branches", .array([main])), ("converts", .array([])),
        ("pullRequests", request.queryFlag("include_prs") ? .array([]) : nil),
      ]))
  }

  /// `/commits/{rev}`; there is one commit.
  func commits(_ request: HubRequest, _ repo: Repo, revision: String) async throws -> Answer {
    let content = try await content(of: repo, at: revision)
    guard (request.queryValue("p") ?? "0") == "0" else { return .json(.array([])) }
    return .json(
      .array([
        .members([
          ("id", .string(content.commit.description)), ("title", .string(RepoContent.title)),
          ("message", .string("")),
          ("authors", .array([.members([("user", .string(repo.id.owner))])])),
          ("date", .string(HubTime.text(repo.lastModified))),
        ])
      ]))
  }
}

/// One line of a tree listing.
struct TreeEntry: Sendable {
  /// Where an entry stands in the listing: folders first, then files, each by path.
  struct Place: Comparable, Sendable {
    let isFile: Bool
    let path: String

    init(isFile: Bool, path: String) {
      self.isFile = isFile
      self.path = path
    }

    init?(_ cursor: String) {
      guard let data = Data(base64Encoded: cursor), let document = JSON(parsing: Array(data)),
        let path = document["path"]?.text, case .bool(let isFile)? = document["file"]
      else { return nil }
      self.init(isFile: isFile, path: path)
    }

    var text: String {
      Data(JSON.members([("file", .bool(isFile)), ("path", .string(path))]).encoded()).base64EncodedString()
    }

    static func < (left: Place, right: Place) -> Bool {
      left.isFile == right.isFile ? left.path < right.path : right.isFile
    }
  }

  let path: String
  let oid: String
  /// Nil for a folder.
  let file: HostedFile?

  var place: Place { Place(isFile: file != nil, path: path) }

  /// The entries below a folder in the order of the listing.
  static func all(_ content: RepoContent, below folder: String, isRecursive: Bool) -> [TreeEntry] {
    let prefix = folder.isEmpty ? "" : folder + "/"
    func isListed(_ path: String) -> Bool {
      path.hasPrefix(prefix) && (isRecursive || !path.dropFirst(prefix.count).contains("/"))
    }
    let folders = content.folders.map { TreeEntry(path: $0.key, oid: $0.value, file: nil) }
    let files = content.files.map { TreeEntry(path: $0.found.path.description, oid: $0.oid, file: $0) }
    return (folders + files).filter { isListed($0.path) }.sorted { $0.place < $1.place }
  }

  func json(_ repo: Repo, _ content: RepoContent, isExpanded: Bool) -> JSON {
    let lfs = file?.sha256.map { sha256 -> JSON in
      .members([
        ("oid", .string(sha256)), ("size", .integer(file?.found.size ?? 0)),
        ("pointerSize", .integer(Int64(file?.pointer?.count ?? 0))),
      ])
    }
    return .members([
      ("type", .string(file == nil ? "directory" : "file")), ("oid", .string(oid)),
      ("size", .integer(file?.found.size ?? 0)), ("lfs", lfs), ("path", .string(path)),
      ("lastCommit", isExpanded ? Self.lastCommit(repo, content) : nil),
      ("securityFileStatus", isExpanded && file != nil ? security(repo) : nil),
    ])
  }

  private static func lastCommit(_ repo: Repo, _ content: RepoContent) -> JSON {
    .members([
      ("id", .string(content.commit.description)), ("title", .string(RepoContent.title)),
      ("date", .string(HubTime.text(repo.lastModified))),
    ])
  }

  private func security(_ repo: Repo) -> JSON {
    let status = JSON.string(repo.sidecar.files[path]?.securityStatus ?? "unscanned")
    let scan = JSON.members([("status", status)])
    return .members([
      ("status", status), ("protectAiScan", scan), ("avScan", scan),
      ("pickleImportScan", .members([("status", status), ("pickleImports", .array([]))])),
      ("virusTotalScan", scan), ("jFrogScan", scan),
    ])
  }
}
