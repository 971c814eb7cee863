import Domain
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Watch

/// A server in a folder of one test.
private final class Desk: Sendable {
  let folder: TemporaryFolder
  let lock: StateLock
  let server: ControlServer
  var path: String { server.path }

  init(
    limits: ControlServer.Limits = .init(), in folder: TemporaryFolder? = nil,
    _ handler: @escaping ControlServer.Handler
  ) throws {
    self.folder = try folder ?? TemporaryFolder()
    lock = try StateLock(folder: "\(self.folder.path)/state")
    server = try ControlServer(path: "\(self.folder.path)/state/control", under: lock, limits: limits, handler: handler)
    server.start()
  }

  deinit { server.stop() }

  /// A connection that says what it likes.
  func raw() throws -> RawConnection { try RawConnection(path) }
}

/// Bytes to and from a local socket.
private final class RawConnection: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let address = try #require(SocketAddress(path: path))
    defer { address.finish() }
    let code = address.use { connect(descriptor, $0, $1) }
    guard code == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }

  @discardableResult
  func say(_ bytes: [UInt8]) -> Bool { send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count }
  @discardableResult
  func say(_ text: String) -> Bool { say(Array(text.utf8)) }
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Everything that comes until the end.
  func all() async throws -> String {
    var (text, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { text += buffer[..<count] } else if count == 0 || ![EAGAIN, EINTR].contains(errno) { break }
      if count < 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

@Suite("The control socket")
struct ControlTests {
  private static let echo: ControlServer.Handler = { request, session in
    session.send(.output(text: "\(request.command)", lineEnd: "\n"))
    return ControlEnd(.done)
  }

  private final class Heard: Sendable {
    private let bodies = Mutex<[ControlReply.Body]>([])
    var all: [ControlReply.Body] { bodies.withLock { $0 } }
    func add(_ body: ControlReply.Body) { bodies.withLock { $0.append(body) } }
  }

  @Test func everyRequestAndReplySurvivesItsLine() throws {
    var pull = PullWish(model: "a/b\n\u{202E}")
    (pull.file, pull.limitRate, pull.isDry) = ("x.gguf", "20M", true)
    let commands: [ControlCommand] = [
      .status(json: true, width: 80), .live, .pause(seconds: 5), .pause(seconds: nil), .resume, .reload, .poll, .run,
      .pull(pull), .keep(model: "a/b", quantization: nil, undo: true), .drop(model: "a/b", quantization: "Q4_0"),
      .gc(json: false), .scrub(all: true, json: true), .smoke(SmokeWish(model: "a/b")), .describe(models: ["a/b"]),
      .markRead(until: 1_800_000_000.123456), .deliver, .digest(DigestWish()), .cancel,
    ]
    for command in commands {
      let request = ControlRequest(command, isColoured: true)
      let line = try ControlCoding.line(request)
      #expect(line.last == 10 && line.count { $0 == 10 } == 1)
      #expect(try ControlCoding.read(ControlRequest.self, line.dropLast()) == request)
    }
    var live = LiveReport(pid: 5, startedAt: Date(timeIntervalSince1970: 1_800_000_000))
    live.jobs = [.init(name: "poll", since: nil, nextAt: live.startedAt, quarantinedUntil: nil, reason: "x")]
    live.transfers = [.init(id: "a/b", path: "c", done: 1, total: 2, bytesPerSecond: 0.5)]
    for body in [
      .waiting(words: "w"), .output(text: "t\nu", lineEnd: ""), .note(text: "n"),
      .happened(Happening("pull", "x", .bad)),
      .progress(label: "l", done: 1, total: 2), .settled, .live(live),
      .ended(ControlEnd(.busy, problem: "p", advice: "a")),
    ] as [ControlReply.Body] {
      let line = try ControlCoding.line(ControlReply(body))
      #expect(line.count { $0 == 10 } == 1)
      #expect(try ControlCoding.read(ControlReply.self, line.dropLast()).body == body)
    }
  }

  @Test func whatIsAskedIsAnswered() async throws {
    let desk = try Desk(Self.echo)
    let heard = Heard()
    let end = try await ControlClient(path: desk.path).ask(ControlRequest(.poll)) { heard.add($0) }
    #expect(end == ControlEnd(.done) && heard.all == [.output(text: "poll", lineEnd: "\n")])
    var info = stat()
    #expect(lstat(desk.path, &info) == 0 && info.st_mode == S_IFSOCK | 0o600)
  }

  @Test func progressIsThinnedOutAndTheLastOfItArrives() async throws {
    let desk = try Desk { _, session in
      for done in 1...100_000 as ClosedRange<Int64> { session.send(.progress(label: "x", done: done, total: 100_000)) }
      session.send(.note(text: "end"))
      return ControlEnd(.failed, problem: "no", advice: "yes")
    }
    let heard = Heard()
    let end = try await ControlClient(path: desk.path).ask(ControlRequest(.run)) { heard.add($0) }
    #expect(end.exitCode == .failed && end.problem == "no" && end.advice == "yes")
    #expect(heard.all.suffix(2) == [.progress(label: "x", done: 100_000, total: 100_000), .note(text: "end")])
    #expect(heard.all.count < 10_000)
  }

  @Test func aClientThatGoesAwayCancelsNothingAndOneThatTakesItBackDoes() async throws {
    let (began, ended) = (Heard(), Heard())
    let desk = try Desk { _, session in
      began.add(.settled)
      session.send(.note(text: "begun"))
      // One that nobody takes back is done after a while.
      for _ in 0..<40 where !Task.isCancelled { try? await Task.sleep(for: .milliseconds(25)) }
      ended.add(.note(text: Task.isCancelled ? "taken back" : "done"))
      return ControlEnd(Task.isCancelled ? .failed : .done)
    }
    do {
      let raw = try desk.raw()
      raw.say("{\"version\":1,\"command\":{\"run\":{}}}\n")
      while began.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }
    while ended.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    #expect(ended.all == [.note(text: "done")])
    let task = Task { try await ControlClient(path: desk.path).ask(ControlRequest(.run)) }
    while began.all.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    #expect(try await task.value.exitCode == .failed)
    #expect(ended.all.last == .note(text: "taken back"))
  }

  @Test func whoHasMuchToSayWaitsUntilItIsRead() async throws {
    let pieces = 200
    let desk = try Desk { _, session in
      for number in 0..<pieces {
        let text = "\(number) " + String(repeating: "é", count: 50_000)
        guard await session.sendInTurn(.output(text: text, lineEnd: "\n")) else { return ControlEnd(.failed) }
      }
      return ControlEnd(.done)
    }
    let heard = Heard()
    // Much more as a server keeps for somebody who does not read.
    let end = try await ControlClient(path: desk.path).ask(ControlRequest(.live), hear: heard.add)
    #expect(end.code == 0 && heard.all.count == pieces)
    for (number, body) in heard.all.enumerated() {
      guard case .output(let text, _) = body else { Issue.record("\(body)"); continue }
      #expect(text.hasPrefix("\(number) ") && text.utf8.count > 100_000)
    }
  }

  @Test func whoHasMuchToSayIsToldWhenNobodyListens() async throws {
    let (ends, end) = AsyncStream.makeStream(of: Int.self)
    let desk = try Desk { _, session in
      var pieces = 0
      while await session.sendInTurn(.output(text: String(repeating: "x", count: 100_000), lineEnd: "")) { pieces += 1 }
      end.yield(pieces)
      return ControlEnd(.done)
    }
    do {
      let client = try desk.raw()
      client.say(#"{"version":1,"command":{"live":{}}}"# + "\n")
      // Long enough that it begins; then the connection is closed.
      try await Task.sleep(for: .milliseconds(200))
    }
    var pieces: Int?
    for await count in ends { pieces = count; break }
    #expect(try #require(pieces) < 1000, "what nobody reads is not said")
  }

  @Test func halfOfAConnectionIsEnoughForTheAnswer() async throws {
    let desk = try Desk(Self.echo)
    let raw = try desk.raw()
    raw.say("{\"version\":1,\"command\":{\"poll\":{}}}\n")
    raw.finish()
    let text = try await raw.all()
    #expect(text.contains("\"output\"") && text.hasSuffix("}\n") && text.contains("\"code\":0"))
  }

  @Test(
    "Rubbish is told so",
    arguments: [
      "\n", "{}\n", "[\n", "null\n", "{\"version\":1}\n", "{\"version\":1,\"command\":{\"fly\":{}}}\n",
      "{\"version\":1,\"command\":{\"pull\":{\"_0\":{\"model\":7}}}}\n", "\u{0}\u{0}\n", "GET / HTTP/1.1\r\n\r\n",
      String(repeating: "[", count: 60_000) + "\n", String(repeating: "{\"a\":", count: 10_000) + "\n",
      "{\"version\":1,\"command\":{\"status\":{\"json\":true,\"width\":1e400}}}\n",
    ])
  func rubbish(_ line: String) async throws {
    let desk = try Desk(Self.echo)
    let raw = try desk.raw()
    raw.say(line)
    let text = try await raw.all()
    #expect(text.contains("\"code\":64"), "\(text)")
  }

  @Test func anotherVersionIsToldWhich() async throws {
    let desk = try Desk(Self.echo)
    let raw = try desk.raw()
    raw.say("{\"version\":2,\"command\":\"whatever comes\"}\n")
    #expect(try await raw.all().contains("speaks version 2"))
  }

  @Test func aLineWithoutEndIsCutOff() async throws {
    let desk = try Desk(Self.echo)
    let raw = try desk.raw()
    for _ in 0..<9 { raw.say([UInt8](repeating: 97, count: 8 << 10)) }
    #expect(try await raw.all().contains("at most 64 KiB"))
  }

  @Test func whoSaysNothingLosesTheConnection() async throws {
    var limits = ControlServer.Limits()
    limits.requestSeconds = 0.2
    let desk = try Desk(limits: limits, Self.echo)
    let silent = try desk.raw()
    let slow = try desk.raw()
    slow.say("{\"version\":1,")
    #expect(try await silent.all().contains("no request came"))
    #expect(try await slow.all().contains("no request came"))
    // Somebody who hangs up in the middle is forgotten.
    do { try desk.raw().say("{\"ver") }
    let end = try await ControlClient(path: desk.path).ask(ControlRequest(.poll))
    #expect(end.exitCode == .done)
  }

  @Test func whoDoesNotReadLosesTheConnectionAndNothingElseWaits() async throws {
    var limits = ControlServer.Limits()
    limits.stallSeconds = 0.2
    let done = Heard()
    let desk = try Desk(limits: limits) { _, session in
      for _ in 0..<20_000 { session.send(.note(text: String(repeating: "x", count: 1000))) }
      done.add(.settled)
      return ControlEnd(.done)
    }
    let raw = try desk.raw()
    raw.say("{\"version\":1,\"command\":{\"run\":{}}}\n")
    while done.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    try await Task.sleep(for: .milliseconds(400))
    let text = try await raw.all()
    #expect(!text.contains("\"ended\""))
  }

  @Test func aThousandConnections() async throws {
    var limits = ControlServer.Limits()
    limits.requestSeconds = 5
    let desk = try Desk(limits: limits, Self.echo)
    var raws: [RawConnection] = []
    for _ in 0..<1000 {
      raws.append(try desk.raw())
      // As many as this process may have open beside what it has.
      if raws.count > 200 { raws.removeFirst() }
    }
    let refused = try await raws.last?.all() ?? ""
    #expect(refused.contains("\"code\":75"), "\(refused)")
    raws = []
    // Once they are gone it answers as before.
    var end = ControlEnd(.busy)
    while end.exitCode == .busy {
      end = try await ControlClient(path: desk.path).ask(ControlRequest(.poll))
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(end.exitCode == .done)
  }

  @Test func damagedRequestsNeverEndTheServer() async throws {
    let desk = try Desk { _, _ in ControlEnd(.done) }
    var noise = Noise.Generator(seed: 20_26)
    let sound = Array(
      "{\"version\":1,\"command\":{\"pull\":{\"_0\":{\"model\":\"a/b\",\"isDry\":false,\"allowsPickle\":false}}}}\n"
        .utf8)
    for _ in 0..<300 {
      var bytes = sound
      for _ in 0..<(1 + noise.next() % 6) {
        let place = Int(noise.next() % UInt64(bytes.count))
        switch noise.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: noise.next())
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[..<place].suffix(20), at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: noise.next()), at: place)
        }
        if bytes.isEmpty { bytes = [10] }
      }
      let raw = try desk.raw()
      raw.say(bytes)
      raw.finish()
      let text = try await raw.all()
      #expect(text.isEmpty || text.hasSuffix("\n"))
    }
    #expect(try await ControlClient(path: desk.path).ask(ControlRequest(.poll)).exitCode == .done)
  }

  @Test func theFileOfADeadDaemonIsReplacedAndNothingElseIs() throws {
    let folder = try TemporaryFolder()
    do {
      let first = try Desk(in: folder, Self.echo)
      // As if it had been killed: the file stays.
      #expect(link(first.path, "\(folder.path)/kept") == 0)
    }
    #expect(rename("\(folder.path)/kept", "\(folder.path)/state/control") == 0)
    do {
      let second = try Desk(in: folder, Self.echo)
      #expect(access(second.path, F_OK) == 0)
    }
    #expect(access("\(folder.path)/state/control", F_OK) != 0, "an end in order leaves nothing")
    try "mine".write(toFile: "\(folder.path)/state/control", atomically: false, encoding: .utf8)
    #expect(throws: ControlError.self) { try Desk(in: folder, Self.echo) }
    #expect(try String(contentsOfFile: "\(folder.path)/state/control", encoding: .utf8) == "mine")
  }

  @Test func aPathLongerThanTheKernelTakes() async throws {
    let folder = try TemporaryFolder()
    let deep = "\(folder.path)/\(String(repeating: "d", count: 120))"
    try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
    let lock = try StateLock(folder: deep)
    let server = try ControlServer(path: "\(deep)/control", under: lock, handler: Self.echo)
    server.start()
    #expect(try await ControlClient(path: "\(deep)/control").ask(ControlRequest(.poll)).exitCode == .done)
    server.stop()
  }

  @Test func theModeFollowsTheFolder() throws {
    let folder = try TemporaryFolder()
    for (mode, isShared) in [(0o700, false), (0o750, true), (0o755, false), (0o770, false)] as [(mode_t, Bool)] {
      #expect(chmod(folder.path, mode) == 0)
      let access = ControlAccess(folder: folder.path)
      #expect((access.group != nil) == isShared && access.mode == (isShared ? 0o660 : 0o600))
    }
  }

  @Test(.enabled(if: geteuid() == 0, "needs root")) func anotherUserIsRefused() async throws {
    let desk = try Desk(Self.echo)
    // The mode of the socket would keep them out, too; this is what stands behind it.
    #expect(chmod(desk.folder.path, 0o777) == 0 && chmod("\(desk.folder.path)/state", 0o777) == 0)
    #expect(chmod(desk.path, 0o777) == 0)
    let outcome = try await Program(path: "/usr/bin/setpriv").run(
      [
        "--reuid=65533", "--regid=65533", "--clear-groups", "/usr/bin/python3", "-c",
        """
        import socket, sys
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
        try: s.sendall(b'{"version":1,"command":{"poll":{}}}\\n')
        except BrokenPipeError: pass  # It may have answered already.
        print(s.recv(4096).decode())
        """, desk.path,
      ], environment: ["PATH": "/usr/bin:/bin"])
    #expect(outcome.output.contains("does not answer this user"), "\(outcome)")
  }

  @Test func whoeverIsNotThereIsToldApart() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: ControlError.absent("\(folder.path)/none")) {
      try await ControlClient(path: "\(folder.path)/none").ask(ControlRequest(.poll))
    }
    let desk = try Desk { _, _ in
      try? await Task.sleep(for: .seconds(60))
      return ControlEnd(.done)
    }
    await #expect {
      try await ControlClient(path: desk.path).ask(ControlRequest(.live), patience: 0.2)
    } throws: { error in
      if case .silent = error as? ControlError { true } else { false }
    }
  }

  @Test func aDaemonThatStopsSaysSo() async throws {
    let began = Heard()
    let desk = try Desk { _, _ in
      began.add(.settled)
      try? await Task.sleep(for: .seconds(60))
      return ControlEnd(.done)
    }
    let task = Task { try await ControlClient(path: desk.path).ask(ControlRequest(.run)) }
    while began.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    desk.server.stop()
    #expect(
      try await task.value
        == ControlEnd(
          .busy, problem: "the daemon stops", advice: "what was asked for and can go on does so at its next start"))
  }
}
