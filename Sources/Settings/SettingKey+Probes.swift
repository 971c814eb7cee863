extension SettingKey {
  static let probeKeys: [SettingKey] = [
    SettingKey(
      section: "probes", name: "automatic",
      documentation: "Whether `hubwatch run` and the daemon ask the models that passed the smoke test.",
      render: { "\($0.probes.automatic)" },
      store: { settings, value throws(SettingRefusal) in settings.probes.automatic = try value.flag() }),
    SettingKey(
      section: "probes", name: "budget", documentation: "Time for one model; what got no turn by then is not asked.",
      render: { duration($0.probes.budgetSeconds) },
      store: { settings, value throws(SettingRefusal) in
        settings.probes.budgetSeconds = try value.seconds(1...43_200)
      }),
    SettingKey(
      section: "probes", name: "file",
      documentation: """
        A file with probes of your own; "" takes probes.toml beside this file, if it is there. `hubwatch probes --suite`
        prints the built-in ones and how they are written.
        """,
      render: { quoted($0.probes.file) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        guard text.isEmpty || text.hasPrefix("/") else { throw SettingRefusal(wanted: "an absolute path, or \"\"") }
        settings.probes.file = text
      }),
  ]
}
