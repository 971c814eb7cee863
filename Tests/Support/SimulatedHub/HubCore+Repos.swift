extension HubCore {
  /// The answer that a path leads to.
  func route(
    _ request: SimulatedRequest, fault: HubFault?, now: Double, _ state: inout State, _ body: inout ByteBuffer
  ) -> Answer {
    let path = request.segments
    if let authorization = request.authorization, let token = options.token, authorization != "Bearer \(token)" {
      return .refusal(401, code: nil, "Invalid credentials in Authorization header", &body)
    }
    if path == ["api", "models"] { return listing(request, fault: fault, &state, &body) }
    // What lies before the id, and after its two parts.
    let place: Int
    switch path.first {
    case "api" where path.dropFirst().first == "resolve-cache": place = 3
    case "api": place = 2
    default: place = 0
    }
    guard path.count >= place + 2, place != 2 || path[1] == "models" else {
      return .refusal(404, code: nil, "Not Found", &body)
    }
    let id = "\(path[place])/\(path[place + 1])"
    guard let index = state.world.index(of: id), state.world.isVisible(index) else {
      if let index = state.world.index(of: id) { state.failedLooks[index, default: []].append(now) }
      return request.authorization == nil
        ? .refusal(401, code: nil, "Invalid username or password.", &body)
        : .refusal(404, code: "RepoNotFound", "Repository not found", &body)
    }
    let present = state.world.id(index)
    guard present == id else {
      var answer = Answer(307)
      answer.add("Location", request.target.replacing("/\(id)", with: "/\(present)", maxReplacements: 1))
      return answer
    }
    let rest = Array(path[(place + 2)...])
    return switch (place, rest.first) {
    case (2, nil): info(index, request, &state, &body)
    case (2, "revision") where rest.count == 2: info(index, request, revision: rest[1], &state, &body)
    case (2, "tree") where rest.count == 2: tree(index, revision: rest[1], &state, &body)
    case (0, "resolve") where rest.count >= 3:
      resolve(index, request, revision: rest[1], file: rest[2...].joined(separator: "/"), &state, &body)
    case (3, .some) where rest.count >= 2:
      cached(index, request, revision: rest[0], file: rest[1...].joined(separator: "/"), &state, &body)
    default: .refusal(404, code: nil, "Not Found", &body)
    }
  }

  /// The number of the commit that a revision names; nil when there is none.
  private func version(_ index: Int, _ revision: String, _ world: borrowing World) -> UInt32? {
    let latest = world.change(index).version
    if revision == "main" { return latest }
    return (0...latest).reversed().first { world.commitText(index, version: $0) == revision }
  }

  private func info(
    _ index: Int, _ request: SimulatedRequest, revision: String = "main", _ state: inout State, _ body: inout ByteBuffer
  ) -> Answer {
    guard version(index, revision, state.world) != nil else {
      return .refusal(404, code: "RevisionNotFound", "Invalid rev id: \(revision)", &body)
    }
    var members: Members = []
    for (name, value) in request.query where name == "expand" {
      guard let member = Members.byName[value] else {
        return .refusal(400, code: nil, "Invalid expand parameter", &body)
      }
      members.formUnion(member)
    }
    RowWriter(members: members.isEmpty ? .full : members).put(index, of: state.world, &body)
    // FNV-1a: the tag only has to differ where the body does.
    let hash = body.written.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let tag = "W/\"\(String(body.count, radix: 16))-\(String(hash, radix: 16))\""
    var answer = Answer(200)
    if request.ifNoneMatch == tag {
      answer.status = 304
      body.truncate(to: 0)
    }
    answer.add("ETag", tag)
    return answer
  }

  private func files(_ index: Int, version: UInt32, _ world: borrowing World) -> [SimulatedFile] {
    if let plant = world.plant(index) { return plant.files }
    let facts = world.facts(index)
    // The first commit of a repository that was made empty, and all before it is filled, hold no more than that.
    let isEmpty = facts.isBornEmpty && (!world.change(index).isFilled || version == 0)
    let files = RepoFiles(facts: facts, names: world.names, version: version).files
    return isEmpty ? files.filter { $0.path == ".gitattributes" } : files
  }

  private func tree(_ index: Int, revision: String, _ state: inout State, _ body: inout ByteBuffer) -> Answer {
    guard let version = version(index, revision, state.world) else {
      return .refusal(404, code: "RevisionNotFound", "Invalid rev id: \(revision)", &body)
    }
    body.put("[")
    for (number, file) in files(index, version: version, state.world).enumerated() {
      body.put(number == 0 ? "{\"type\":\"file\",\"oid\":\"" : ",{\"type\":\"file\",\"oid\":\"")
      body.put(string: file.oid)
      body.put("\",\"size\":")
      body.put(number: Int(file.size))
      if let hash = file.lfs {
        body.put(",\"lfs\":{\"oid\":\"")
        body.put(string: hash)
        body.put("\",\"size\":")
        body.put(number: Int(file.size))
        body.put(",\"pointerSize\":135}")
      }
      body.put(",\"path\":")
      body.put(quoted: file.path)
      body.put("}")
    }
    body.put("]")
    return Answer(200)
  }

  private func resolve(
    _ index: Int, _ request: SimulatedRequest, revision: String, file path: String, _ state: inout State,
    _ body: inout ByteBuffer
  ) -> Answer {
    guard let version = version(index, revision, state.world) else {
      return .refusal(404, code: "RevisionNotFound", "Invalid rev id: \(revision)", &body)
    }
    let id = state.world.id(index)
    let commit = state.world.commitText(index, version: version)
    guard let file = files(index, version: version, state.world).first(where: { $0.path == path }) else {
      var answer = Answer.refusal(404, code: "EntryNotFound", "Entry not found", &body)
      answer.add("X-Repo-Commit", commit)
      return answer
    }
    let isLetIn = request.authorization != nil && options.tokenOpensGates
    // The card of a gated repository is open to everybody.
    if state.world.isGated(index), !isLetIn, path != "README.md" {
      let words = "Access to model \(id) is restricted and you are not in the authorized list."
      return .refusal(request.authorization == nil ? 401 : 403, code: "GatedRepo", words, &body)
    }
    var answer = Answer(file.lfs == nil ? 307 : 302)
    answer.type = "text/plain; charset=utf-8"
    answer.add("X-Repo-Commit", commit)
    answer.add("X-Linked-Size", String(file.size))
    answer.add("X-Linked-Etag", "\"\(file.lfs ?? file.oid)\"")
    answer.add("Accept-Ranges", "bytes")
    let escaped = path.split(separator: "/").map { SimulatedRequest.escaped(String($0)) }.joined(separator: "/")
    if file.lfs == nil {
      answer.add("Location", "/api/resolve-cache/models/\(id)/\(commit)/\(escaped)?etag=%22\(file.oid)%22")
    } else {
      let address = "http://127.0.0.1:\(otherPort)/signed/\(index)/\(version)/\(escaped)"
      answer.add("Location", "\(address)?Expires=\(Int(options.now()) + 3600)&Signature=simulated")
    }
    body.put("Found. Redirecting")
    return answer
  }

  /// `/api/resolve-cache/…`: a small file itself.
  private func cached(
    _ index: Int, _ request: SimulatedRequest, revision: String, file path: String, _ state: inout State,
    _ body: inout ByteBuffer
  ) -> Answer {
    guard let version = version(index, revision, state.world),
      let file = files(index, version: version, state.world).first(where: { $0.path == path && $0.lfs == nil })
    else { return .refusal(404, code: "EntryNotFound", "Entry not found", &body) }
    var answer = content(file, request, &body)
    answer.add("ETag", "\"\(file.oid)\"")
    answer.add("X-Repo-Commit", state.world.commitText(index, version: version))
    return answer
  }

  /// The bytes of a file, or the asked ones.
  private func content(_ file: SimulatedFile, _ request: SimulatedRequest, _ body: inout ByteBuffer) -> Answer {
    let from = request.range?.from ?? 0
    let to = min(request.range?.to ?? file.size, file.size)
    var answer = Answer(request.range == nil ? 200 : 206)
    answer.type = "application/octet-stream"
    answer.add("Accept-Ranges", "bytes")
    guard from < to || request.range == nil else {
      answer.status = 416
      answer.add("Content-Range", "bytes */\(file.size)")
      return answer
    }
    if request.range != nil { answer.add("Content-Range", "bytes \(from)-\(to - 1)/\(file.size)") }
    let known = Int64(file.head.count)
    if from < known { body.put(Array(file.head[Int(from)..<Int(min(to, known))])) }
    let zeros = to - max(from, known)
    if zeros > 0 { answer.ending = .zeros(zeros) }
    return answer
  }

  /// Answers a request that came to the other host.
  func answerElsewhere(_ request: SimulatedRequest, _ head: inout ByteBuffer, _ body: inout ByteBuffer) -> Answer {
    let path = request.segments
    let file = state.withLock { state -> SimulatedFile? in
      if request.authorization != nil { state.tokenLeaked = true }
      guard path.count >= 4, path[0] == "signed", let index = Int(path[1]), (0..<state.world.count).contains(index),
        let version = UInt32(path[2]), version <= state.world.change(index).version
      else { return nil }
      let name = path[3...].joined(separator: "/")
      return files(index, version: version, state.world).first { $0.path == name && $0.lfs != nil }
    }
    var answer = file.map { content($0, request, &body) } ?? .refusal(404, code: nil, "Not Found", &body)
    if request.method == "HEAD" {
      if case .zeros(let count) = answer.ending { answer.announcedLength = Int64(body.count) + count }
      answer.announcedLength = answer.announcedLength ?? Int64(body.count)
      body.truncate(to: 0)
      answer.ending = .complete
    }
    answer.putHead(bodyCount: body.count, &head)
    head.put("\r\n")
    return answer
  }
}
