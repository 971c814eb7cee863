extension SettingKey {
  static let pageKeys: [SettingKey] = [
    SettingKey(
      section: "page", name: "enabled",
      documentation: """
        Whether the daemon serves the page, too, from its next start on. Everybody who has an account on this machine may then read it;
        `hubwatch serve` serves it as long as you look.
        """,
      render: { "\($0.page.enabled)" },
      store: { settings, value throws(SettingRefusal) in settings.page.enabled = try value.flag() }),
    SettingKey(
      section: "page", name: "port", documentation: "Its port on 127.0.0.1 and ::1.",
      render: { "\($0.page.port)" },
      store: { settings, value throws(SettingRefusal) in settings.page.port = try value.whole(1...65_535) }),
  ]
}
