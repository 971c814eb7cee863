import Domain
import Foundation
import Settings
import Watch

/// The configuration cannot be read, or is wrong.
struct ConfigurationCheck: Check {
  let name = "configuration"

  func look(at setup: Setup) -> [Finding] {
    guard let error = setup.configurationError else { return [] }
    return [
      .trouble(
        "the configuration cannot be used: \(error.problem)", "No verb that needs it works.",
        mend: "${EDITOR:-editor} \(Shell.word(setup.places.configuration)) && hubwatch config check")
    ]
  }
}

/// The daemon was asked to take a configuration over, and refused it.
struct ReloadCheck: Check {
  let name = "reload"

  func look(at setup: Setup) -> [Finding] {
    guard let words = setup.ask({ try $0.mark(StateReport.reloadMark) }), !words.isEmpty else { return [] }
    return [
      .trouble(
        "the daemon did not take the configuration over: \(words)", "It goes on with the one from before.",
        mend: "hubwatch config check && systemctl reload hubwatch")
    ]
  }
}

/// The person's own probes cannot be read.
struct ProbeFileCheck: Check {
  let name = "probe-file"

  func look(at setup: Setup) -> [Finding] {
    guard let loaded = setup.loaded else { return [] }
    do {
      _ = try loaded.probeSuite()
      return []
    } catch {
      return [
        .trouble(
          "the file of probes cannot be used: \(error.problem)", "No cycle begins with it.",
          mend: "${EDITOR:-editor} \(Shell.word(error.source)) && hubwatch probes --suite")
      ]
    }
  }
}

/// Nobody vouches for the hub.
struct CertificateCheck: Check {
  let name = "certificates"

  /// Where distributions keep them.
  private static let bundles = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ]

  func look(at setup: Setup) -> [Finding] {
    let file = setup.settings.network.caFile
    if file.isEmpty {
      guard !Self.bundles.contains(where: { isFilled(setup.surroundings.system($0)) }) else { return [] }
      return [
        .trouble(
          "this system has no certificates of authorities", "No connection to the hub can be trusted, so none is made.",
          mend: "sudo apt-get install --reinstall ca-certificates")
      ]
    }
    guard !isFilled(file) else { return [] }
    return [
      .trouble(
        "network.ca_file is \(file), which cannot be read or is empty", "No connection to the hub can be trusted.",
        mend: "ls -l \(Shell.word(file)); ${EDITOR:-editor} \(Shell.word(setup.places.configuration))")
    ]
  }

  private func isFilled(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 1))?.isEmpty == false
  }
}
