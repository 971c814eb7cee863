import Domain
import Foundation
import HTTP
import LoopbackServer
import Testing

@Suite("Mail by SMTP", .enabled(if: MailServerProcess.isPossible, "needs python3"))
struct MailClientTests {
  private static let message = Array("Subject: x\r\n\r\nfirst\r\n.\r\n..two\r\nlast\r\n".utf8)

  private func client(
    _ port: Int, _ change: (inout MailClient.Configuration) -> Void = { _ in }
  ) -> MailClient {
    var configuration = MailClient.Configuration(
      host: "localhost", port: port, beginsWithTLS: false, allowsPlainText: true)
    change(&configuration)
    return MailClient(configuration)
  }

  private func send(
    _ client: MailClient, _ message: [UInt8] = message, willHandOver: @escaping @Sendable () -> Bool = { true }
  ) async -> MailClient.Outcome {
    await client.send(
      message, from: "hubwatch@example.org", to: ["one@example.org", "two@example.org"], willHandOver: willHandOver)
  }

  @Test func everyByteArrivesForEveryReceiver() async throws {
    let server = try await MailServerProcess()
    #expect(await send(client(server.port)) == .accepted("250 taken as 42"))
    let heard = try #require(try server.heard.first)
    #expect(heard.data == Data(Self.message) && heard.accepted == true)
    #expect(heard.from?.hasPrefix("<hubwatch@example.org>") == true)
    #expect(heard.to == ["<one@example.org>", "<two@example.org>"])
  }

  @Test(
    "encrypted from the beginning, and by STARTTLS, with user and password",
    arguments: [
      MailServerProcess.Mode.tls, .starttls,
    ])
  func encrypted(_ mode: MailServerProcess.Mode) async throws {
    let authority = try await TestAuthority()
    let server = try await MailServerProcess(mode, authority: authority)
    let client = client(server.port) {
      $0.beginsWithTLS = mode == .tls
      $0.allowsPlainText = false
      $0.user = "me"
      $0.password = Secret("pass word")
      $0.certificateAuthorityFile = authority.authority
    }
    #expect(await send(client) == .accepted("250 taken as 42"))
    let heard = try #require(try server.heard.last)
    #expect(heard.encrypted == true && heard.user == ["me", "pass word"] && heard.data == Data(Self.message))
  }

  @Test(
    "a server whose certificate nobody vouches for hears neither password nor mail",
    arguments: [
      MailServerProcess.Mode.tls, .starttls,
    ])
  func untrusted(_ mode: MailServerProcess.Mode) async throws {
    let (authority, other) = (try await TestAuthority(), try await TestAuthority())
    let server = try await MailServerProcess(mode, authority: authority)
    let client = client(server.port) {
      $0.beginsWithTLS = mode == .tls
      $0.allowsPlainText = false
      $0.user = "me"
      $0.password = Secret("hunter2")
      $0.certificateAuthorityFile = other.authority
    }
    guard case .failed(let words, isTransient: true) = await send(client) else {
      Issue.record("it was sent")
      return
    }
    #expect(words.contains("certificate is not trusted"))
    #expect(try server.heard.allSatisfy { $0.user == nil && $0.data == nil })
  }

  @Test func withoutEncryptionNothingIsSaid() async throws {
    let server = try await MailServerProcess(fault: "plainAuth")
    let client = client(server.port) {
      $0.allowsPlainText = false
      $0.user = "me"
      $0.password = Secret("hunter2")
    }
    guard case .failed(let words, isTransient: false) = await send(client) else {
      Issue.record("it was sent")
      return
    }
    #expect(words.contains("STARTTLS"))
    #expect(try server.heard.allSatisfy { $0.user == nil && $0.data == nil })
    // A user forbids plain text, whatever was asked for.
    let made = MailClient.Configuration(
      host: "localhost", port: 1, beginsWithTLS: false, allowsPlainText: true, user: "me")
    #expect(!made.allowsPlainText)
  }

  @Test(
    "what the server says decides",
    arguments: [
      ("greeting421", true), ("greeting554", false), ("mail450", true), ("rcpt550", false), ("rcpt450", true),
      ("data452", true), ("after451", true), ("after554", false), ("cutWithinData", true),
    ])
  func refusals(_ fault: String, _ isTransient: Bool) async throws {
    let server = try await MailServerProcess(fault: fault)
    // More than the kernel takes before it hears that the other side has gone.
    let more = fault == "cutWithinData" ? Array(String(repeating: "one more line\r\n", count: 2_000_000).utf8) : []
    let outcome = await send(client(server.port), Self.message + more)
    guard case .failed(let words, let transient) = outcome else {
      Issue.record("\(fault): \(outcome)")
      return
    }
    #expect(transient == isTransient && !words.isEmpty, "\(fault): \(words)")
    if fault == "rcpt550" { #expect(words.contains("550 nobody of that name")) }
    #expect(try server.heard.allSatisfy { $0.accepted != true })
  }

  @Test func aWrongPasswordIsRefusedAtOnce() async throws {
    let authority = try await TestAuthority()
    let server = try await MailServerProcess(.tls, fault: "auth535", authority: authority)
    let client = client(server.port) {
      $0.beginsWithTLS = true
      $0.user = "me"
      $0.password = Secret("hunter2")
      $0.certificateAuthorityFile = authority.authority
    }
    guard case .failed(let words, isTransient: false) = await send(client) else {
      Issue.record("it was sent")
      return
    }
    #expect(!words.contains("hunter2"))
  }

  @Test("after the last byte without an answer nobody knows", arguments: ["cutAfterData", "hangAfterData"])
  func uncertain(_ fault: String) async throws {
    let server = try await MailServerProcess(fault: fault)
    let client = client(server.port) { $0.answerLimit = .seconds(1) }
    guard case .uncertain = await send(client) else {
      Issue.record("it is not uncertain")
      return
    }
    #expect(try server.heard.count == 1)
  }

  @Test func nobodyListens() async throws {
    let port = ClosedPort()
    guard case .failed(_, isTransient: true) = await send(client(port.port)) else {
      Issue.record("it was sent")
      return
    }
  }

  @Test func whatCannotBeNotedDownDoesNotLeave() async throws {
    let server = try await MailServerProcess()
    guard case .failed(_, isTransient: true) = await send(client(server.port), willHandOver: { false }) else {
      Issue.record("it was sent")
      return
    }
    #expect(try server.heard.allSatisfy { $0.data == nil })
  }

  @Test func aCancelledTaskLetsGo() async throws {
    let server = try await MailServerProcess(fault: "hangAtOnce")
    let client = client(server.port)
    let task = Task { await send(client) }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    guard case .failed = await task.value else {
      Issue.record("it was sent")
      return
    }
  }

  @Test("an address that could be a command", arguments: ["a@b>\r\nDATA", "", "-f@x", "a b@c"])
  func addresses(_ address: String) async {
    let outcome = await client(1).send([65], from: "a@example.org", to: [address])
    #expect(outcome == .failed("an address of the mail cannot be sent", isTransient: false))
  }
}
