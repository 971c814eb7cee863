import Domain

/// The list of models and what is told of one.
extension HubService {
  /// `GET /api/models`.
  func list(_ request: HubRequest, caller: Caller) async throws -> Answer {
    if case .unknownToken = caller { throw Refusal.badToken }
    let query = try ModelQuery(request)
    let repos = await parts.store.all().filter { caller.sees($0) }
    let (rows, hasMore) = query.page(of: repos)
    var items: [JSON] = []
    for repo in rows {
      var members = ModelMembers(repo: repo, others: query.members.contains("baseModels") ? repos : [])
      if query.members.contains("sha") { members.content = try await parts.store.content(of: repo) }
      items.append(members.object(query.members))
    }
    guard hasMore, let last = rows.last else { return .json(.array(items)) }
    let next = nextLink(request, cursor: ModelQuery.Cursor(sort: query.sort, repo: last).text)
    return .json(.array(items), [("Link", next)])
  }

  /// A `Link` header to the same request with another cursor. The hub spells `expand[]` as `expand` in it.
  func nextLink(_ request: HubRequest, cursor: String) -> String {
    let kept = request.query.filter { $0.name != "cursor" }.map { name, value in
      let plain = name.hasSuffix("[]") ? String(name.dropLast(2)) : name
      return "\(PercentEncoding.component(plain))=\(PercentEncoding.component(value))"
    }
    let query = (kept + ["cursor=\(PercentEncoding.component(cursor))"]).joined(separator: "&")
    return "<\(origin(request))\(request.path)?\(query)>; rel=\"next\""
  }

  /// `/api/models/{id}` and everything below it.
  ///
  /// - Parameter rest: the segments from the id on.
  func modelRoute(_ request: HubRequest, _ rest: [String], caller: Caller) async throws -> Answer {
    let (name, route) = await split(rest)
    let repo = try await repo(name, at: 2, of: request, caller: caller)
    switch (route.first, route.count) {
    case (nil, _): return try await info(request, repo, revision: "main", caller: caller)
    case ("revision", 2): return try await info(request, repo, revision: route[1], caller: caller)
    case ("tree", 2...):
      return try await tree(
        request, repo, revision: route[1], folder: route.dropFirst(2).joined(separator: "/"))
    case ("paths-info", 2) where request.method == "POST":
      return try await pathsInfo(request, repo, revision: route[1])
    case ("refs", 1): return try await refs(request, repo)
    case ("commits", 2): return try await commits(request, repo, revision: route[1])
    case ("auth-check", 1):
      try caller.passGate(of: repo, address: origin(request))
      return .json(.members([]))
    default: throw Refusal.page
    }
  }

  /// Cuts segments into an id and what follows it. The oldest ids have one part only, which matters for those
  /// that were renamed.
  private func split(_ rest: [String]) async -> (name: String, route: [String]) {
    guard rest.count > 1 else { return (rest.first ?? "", []) }
    let routes = ["revision", "tree", "paths-info", "refs", "commits", "auth-check"]
    if routes.contains(rest[1]), await parts.store.renamed(rest[0]) != nil {
      return (rest[0], Array(rest.dropFirst()))
    }
    return ("\(rest[0])/\(rest[1])", Array(rest.dropFirst(2)))
  }

  private func info(_ request: HubRequest, _ repo: Repo, revision: String, caller: Caller) async throws
    -> Answer
  {
    let hasBlobs = request.queryFlag("blobs")
    let expand = try ModelQuery.expand(request, allowed: ModelMembers.detailNames)
    let names = expand ?? ModelMembers.detail
    var members = ModelMembers(repo: repo, hasBlobs: hasBlobs)
    // An unknown revision is an error even when nothing of the commit is asked for.
    if revision != "main" || names.contains("sha") || hasBlobs {
      members.content = try await content(of: repo, at: revision)
    }
    if !Set(names).isDisjoint(with: ["baseModels", "childrenModelCount"]) {
      members.others = await parts.store.all().filter { caller.sees($0) }
    }
    return .json(members.object(names))
  }
}
