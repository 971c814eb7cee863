import Domain

/// What changed between two looks at a repository.
public enum RefChanges {
  /// The changes, at most one of each kind, so that no server can fill the catalog.
  ///
  /// - Parameters:
  ///   - known: what the last look saw.
  ///   - current: what this look sees.
  ///   - address: the repository, for the error.
  /// - Throws: `UpstreamError` of kind `emptied`: a repository that suddenly lists nothing is far more often a server in
  ///   trouble than one whose every tag was deleted.
  public static func between(
    _ known: RemoteRefs, _ current: RemoteRefs, at address: RemoteAddress
  ) throws(UpstreamError) -> [UpstreamNews] {
    if current.isEmpty, !known.isEmpty { throw UpstreamError(.emptied, address) }
    var news: [UpstreamNews] = []
    func add(_ kind: UpstreamNews.Kind, _ names: [String]) {
      guard let name = TagOrder.newest(names, among: current.tags.keys) else { return }
      news.append(
        UpstreamNews(kind: kind, name: name, old: known.tags[name], new: current.tags[name], count: names.count))
    }
    add(.tag, current.tags.keys.filter { known.tags[$0] == nil })
    if let head = current.head, head != known.head {
      news.append(UpstreamNews(kind: .commit, name: current.branch ?? "", old: known.head, new: head, count: 1))
    }
    add(.moved, current.tags.compactMap { name, object in known.tags[name].map { $0 != object } ?? false ? name : nil })
    add(.removed, known.tags.keys.filter { current.tags[$0] == nil })
    return news
  }
}
