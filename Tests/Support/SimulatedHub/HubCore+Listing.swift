extension HubCore {
  /// `GET /api/models`
  func listing(
    _ request: SimulatedRequest, fault: HubFault?, _ state: inout State, _ body: inout ByteBuffer
  ) -> Answer {
    let asked: ListingQuery
    switch ListingQuery.parse(request.query) {
    case .success(var query):
      query.limit = min(query.limit, max(1, options.longestPage))
      asked = query
    case .failure(let refusal): return .refusal(400, code: nil, refusal.words, &body)
    }
    var shown = asked
    var isRepeated = false
    if fault == .repeatedPage, let start = asked.start, let last = state.lastListing, last.kept == asked.kept {
      // The page that led to this one; without it there is nothing to repeat.
      shown = last
      isRepeated = start != last.start
    }
    if state.orders[shown.sort]?.revision != state.world.revision {
      switch shown.sort {
      case .createdAt, .lastModified: break
      default: state.orders[shown.sort] = (state.world.revision, state.world.order(by: shown.sort))
      }
    }
    let end = putPage(
      shown, fault: fault, salt: state.requests, state.world, order: state.orders[shown.sort]?.order, &body)
    if !isRepeated { state.lastListing = asked }
    var answer = Answer(200)
    if let next = next(
      asked, end: isRepeated ? asked.start : end, isRepeated: isRepeated, fault: fault, request, state.requests)
    {
      answer.add("Link", "<\(next)>; rel=\"next\"")
    }
    return answer
  }

  private func next(
    _ query: ListingQuery, end: Position?, isRepeated: Bool, fault: HubFault?, _ request: SimulatedRequest, _ salt: Int
  ) -> String? {
    let origin = "http://127.0.0.1:\(port)"
    switch fault {
    case .linkToItself: return origin + request.target
    case .linkToStart: return "\(origin)/api/models?\(query.kept)"
    default: break
    }
    guard let end else { return nil }
    let cursor = SimulatedRequest.escaped(end.cursor(query.sort, extra: isRepeated ? salt : nil))
    let host = fault == .linkElsewhere ? "http://127.0.0.1:\(otherPort)" : origin
    return "\(host)/api/models?\(query.kept)&cursor=\(cursor)"
  }

  /// Writes a page, and gives the place of its last row when more follow.
  private func putPage(
    _ query: ListingQuery, fault: HubFault?, salt: Int, _ world: borrowing World, order: [Int32]?,
    _ body: inout ByteBuffer
  ) -> Position? {
    var draws = Draws(seed: UInt64(salt), index: 0)
    var rows = 0
    var last: Int?
    var more = false
    let writer = RowWriter(members: query.members)
    var scratch = ByteBuffer(capacity: 2048)
    let absurdRow = fault == .absurdDate ? draws.below(min(query.limit, 20)) : -1
    let hidden = World.Flags.hidden.rawValue
    body.put("[")
    func visit(_ index: Int) -> Bool {
      let flags = world.flags[index]
      guard flags.rawValue & hidden == 0, flags.isSuperset(of: query.flags) else { return true }
      if query.isSelective, !Self.matches(index, query, world, &scratch) { return true }
      guard rows < query.limit else {
        more = true
        return false
      }
      if rows > 0 { body.put(",") }
      if fault == .brokenRows, draws.chance(0.2) {
        body.put(BrokenRow.all[draws.below(BrokenRow.all.count)])
        body.put(",")
      }
      if rows == absurdRow {
        scratch.truncate(to: 0)
        writer.put(index, of: world, &scratch)
        body.put(string: Self.withAbsurdDates(String(decoding: scratch.written, as: UTF8.self), &draws))
      } else {
        writer.put(index, of: world, &body)
      }
      rows += 1
      last = index
      return true
    }
    switch query.sort {
    case .createdAt: world.walkCreations(after: query.start, visit)
    case .lastModified: world.walkModifications(after: query.start, visit)
    default:
      let order = order ?? []
      let first = query.start.map { start in order.place { world.position(Int($0), query.sort) > start } } ?? 0
      for index in order[first...] where !visit(Int(index)) { break }
    }
    body.put("]")
    guard more, let last else { return nil }
    return world.position(last, query.sort)
  }

  private static let absurdDates = ["9999-12-31T23:59:59.000Z", "1970-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z"]

  private static func withAbsurdDates(_ row: String, _ draws: inout Draws) -> String {
    let date = absurdDates[draws.below(absurdDates.count)]
    var text = row
    for member in ["\"createdAt\":\"", "\"lastModified\":\""] {
      guard let name = text.firstRange(of: member) else { continue }
      let end = text.index(name.upperBound, offsetBy: date.count)
      text.replaceSubrange(name.upperBound..<end, with: date)
    }
    return text
  }

  /// Whether a model suits an author, a part of an id, and tags beside the two that have flags.
  private static func matches(
    _ index: Int, _ query: ListingQuery, _ world: borrowing World, _ scratch: inout ByteBuffer
  ) -> Bool {
    let id = world.id(index)
    if let author = query.author, id.prefix(while: { $0 != "/" }) != author[...] { return false }
    if let search = query.search, !id.lowercased().contains(search) { return false }
    guard !query.otherTags.isEmpty else { return true }
    scratch.truncate(to: 0)
    Tags(facts: world.facts(index), names: world.names, isEmpty: world.isEmpty(index)).put(&scratch)
    let tags = String(decoding: scratch.written, as: UTF8.self)
    return query.otherTags.allSatisfy { tag in
      tags.contains("\"\(tag)\"")
    }
  }
}

extension ListingQuery {
  /// Whether more than the two flags has to be looked at.
  var isSelective: Bool { author != nil || search != nil || !otherTags.isEmpty }
}
