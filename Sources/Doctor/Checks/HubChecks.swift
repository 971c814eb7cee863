import Domain
import Foundation
import Glibc

/// The token's file is readable by others, or not at all.
struct TokenFileCheck: Check {
  let name = "token-file"

  func look(at setup: Setup) -> [Finding] {
    let path = setup.places.token
    var info = stat()
    guard stat(path, &info) == 0 else { return [] }
    let word = Shell.word(path)
    guard info.st_mode & 0o077 == 0 else {
      let mode = String(info.st_mode & 0o777, radix: 8)
      return [
        .trouble(
          "others may use the token in \(path) (mode \(mode))",
          "It is refused, and so is every verb that needs the hub.",
          mend: "chmod 600 \(word)")
      ]
    }
    guard setup.surroundings.may(R_OK, path) else {
      return [
        .trouble(
          "the token in \(path) cannot be read by \(setup.surroundings.userName)", "The hub is not asked.",
          mend: "ls -l \(word)")
      ]
    }
    guard info.st_size == 0 else { return [] }
    return [
      .hint("the token's file \(path) is empty", "The hub is asked without a token.", mend: "rm \(word)")
    ]
  }
}

/// The hub did not take the token.
struct TokenRefusedCheck: Check {
  let name = "token-refused"

  /// How a cycle's trouble begins to tell it.
  static let words = "the hub does not accept the token"

  func look(at setup: Setup) -> [Finding] {
    guard let trouble = setup.ask({ try $0.lastCycle() })?.trouble, trouble.contains(Self.words) else { return [] }
    return [
      .trouble(
        "in the last cycle \(Self.words): it has expired or was withdrawn", "Nothing is looked at until it is renewed.",
        mend: "hf auth login   # or: rm \(Shell.word(setup.places.token)), to ask without one")
    ]
  }
}

/// Models that only somebody with a token may fetch, and no token.
struct GatedModelsCheck: Check {
  let name = "gated-models"

  func look(at setup: Setup) -> [Finding] {
    guard let loaded = setup.loaded, loaded.token == nil else { return [] }
    let counts = setup.ask {
      try $0.countsRecorded(since: Date(timeIntervalSince1970: 0), until: setup.surroundings.now)
    }
    guard let gated = counts?.states[.gated], gated > 0 else { return [] }
    return [
      .hint(
        gated == 1 ? "1 model is gated, and there is no token" : "\(gated) models are gated, and there is no token",
        "Their files cannot be seen. With a token, and their terms accepted at the hub, they can.",
        mend: "hf auth login && hubwatch list --models --state gated")
    ]
  }
}

/// The hub cannot be reached; asked only when a person wants it.
struct HubCheck: Check {
  let name = "hub"

  func look(at setup: Setup) async -> [Finding] {
    guard let ask = setup.surroundings.askHub, let loaded = setup.loaded, let words = await ask(loaded) else {
      return []
    }
    let endpoint = setup.settings.hub.endpoint
    return [
      .trouble(
        "the hub was asked: \(words)", "Nothing new is seen until it answers.",
        mend: "curl -sSI \(Shell.word(endpoint))")
    ]
  }
}

/// Tools are watched with git, which is not there.
struct GitCheck: Check {
  let name = "git"

  func look(at setup: Setup) -> [Finding] {
    let tools = setup.settings.tools
    guard tools.enabled, !tools.repositories.isEmpty else { return [] }
    let folders = (setup.surroundings.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard !folders.contains(where: { access("\($0)/git", X_OK) == 0 }) else { return [] }
    return [
      .trouble(
        "git is not installed, and \(tools.repositories.count) repositories of tools are to be watched",
        "Their new versions are not seen; tools.enabled = false switches that off.", mend: "sudo apt-get install git")
    ]
  }
}
