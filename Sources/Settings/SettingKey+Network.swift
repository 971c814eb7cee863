extension SettingKey {
  static let networkKeys: [SettingKey] = [
    SettingKey(
      section: "network", name: "ca_file",
      documentation: """
        A PEM file of certificate authorities to trust, for a company proxy or a mirror of your own; "" trusts those of
        the system. There is no way to switch the check of certificates off.
        """,
      render: { quoted($0.network.caFile) },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        guard text.isEmpty || text.hasPrefix("/"), !text.utf8.contains(0) else {
          throw SettingRefusal(wanted: "the whole path of a file, beginning with /")
        }
        settings.network.caFile = text
      }),
    SettingKey(
      section: "network", name: "proxy",
      documentation: """
        A proxy such as "http://user:password@proxy.example:3128"; "" for none. `config show` hides user and password.
        """,
      render: { quoted($0.network.proxy?.description ?? "") },
      store: { settings, value throws(SettingRefusal) in
        let text = try value.text()
        let proxy = ProxyAddress(text)
        guard text.isEmpty || proxy != nil else {
          throw SettingRefusal(wanted: "the address of a proxy with its port, http:// or https://")
        }
        settings.network.proxy = proxy
      }),
    SettingKey(
      section: "network", name: "proxy_exceptions",
      documentation: "Hosts that are reached without the proxy; \"example.org\" stands for those below it, too.",
      render: { list($0.network.proxyExceptions) },
      store: { settings, value throws(SettingRefusal) in
        let hosts = try value.texts()
        guard
          hosts.allSatisfy({ host in
            !host.isEmpty && host.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ",") }
          })
        else { throw SettingRefusal(wanted: "a list of host names and addresses") }
        settings.network.proxyExceptions = hosts
      }),
    SettingKey(
      section: "network", name: "ip",
      documentation: """
        Which addresses are tried: "4", "6", or "auto" for both, of which the one that works is remembered for ten minutes.
        """,
      render: { quoted($0.network.addresses.rawValue) },
      store: { settings, value throws(SettingRefusal) in
        let word = try value.choice(Settings.Network.Addresses.allCases.map(\.rawValue))
        settings.network.addresses = Settings.Network.Addresses(rawValue: word) ?? .auto
      }),
  ]
}
