// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/catalog/catalog.h>

#include <QFileSystemWatcher>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTimer>
#include <QTreeView>

namespace heddle::studio {

/// The patterns that were found, grouped by mechanism, searchable: in the search field, Enter
/// chooses the first that is left and Down goes to the list. Looks again when a plugin folder
/// changes. GUI thread.
class PatternList : public QWidget
{
    Q_OBJECT
public:
    explicit PatternList(QWidget *parent = nullptr);

    [[nodiscard]] const Catalog &catalog() const { return m_catalog; }
    void rescan();
    /// Selects the pattern \a id; false if there is none.
    bool selectPattern(const QString &id);
    [[nodiscard]] QAbstractItemModel *model() const { return m_filter; }
    [[nodiscard]] QLineEdit *searchField() const { return m_search; }

Q_SIGNALS:
    void patternSelected(const heddle::PatternInfo &info);
    void runRequested();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    /// Of those that the search has left.
    QModelIndex firstPattern() const;
    void fill();
    void watch();

    Catalog m_catalog;
    QFileSystemWatcher m_watcher;
    QTimer m_settle; ///< a copied plugin arrives in several steps
    QStandardItemModel *m_model;
    QSortFilterProxyModel *m_filter;
    QLineEdit *m_search;
    QTreeView *m_tree;
    QLabel *m_empty;
    QString m_selected;
    QJsonObject m_selectedMetadata;
};

} // namespace heddle::studio
