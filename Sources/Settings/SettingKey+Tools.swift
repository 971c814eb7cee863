import Domain

extension SettingKey {
  /// The most repositories that are watched.
  private static let repositoryLimit = 100

  /// `[tools]`
  static let toolKeys: [SettingKey] = [
    SettingKey(
      section: "tools", name: "enabled", documentation: "Whether they are watched; it needs git on this machine.",
      render: { "\($0.tools.enabled)" },
      store: { settings, value throws(SettingRefusal) in settings.tools.enabled = try value.flag() }),
    SettingKey(
      section: "tools", name: "repositories",
      documentation: """
        Addresses of git repositories: https, ssh, git or file. A password in one is refused; it belongs into
        ~/.netrc, or use ssh.
        """,
      render: { list($0.tools.repositories.map(\.description)) },
      store: { settings, value throws(SettingRefusal) in
        settings.tools.repositories = try addresses(try value.texts())
      }),
    SettingKey(
      section: "tools", name: "interval", documentation: "Time from one look at a repository to the next.",
      render: { duration($0.tools.intervalSeconds) },
      store: { settings, value throws(SettingRefusal) in
        settings.tools.intervalSeconds = try value.seconds(60...2_592_000)
      }),
  ]

  /// The addresses; a refusal says which one by its place, since it may hold a secret.
  private static func addresses(_ texts: [String]) throws(SettingRefusal) -> [RemoteAddress] {
    guard texts.count <= repositoryLimit else {
      throw SettingRefusal(wanted: "at most \(repositoryLimit) addresses of git repositories")
    }
    var addresses: [RemoteAddress] = []
    for (index, text) in texts.enumerated() {
      let problem: String
      do throws(RemoteAddress.Refusal) {
        let address = try RemoteAddress(text)
        if !addresses.contains(address) {
          addresses.append(address)
          continue
        }
        problem = "stands there twice"
      } catch {
        problem = error.reason
      }
      throw SettingRefusal(wanted: "addresses of git repositories (number \(index + 1) \(problem))")
    }
    return addresses
  }
}
